// What is done with all ticked runs at once. Each run is asked for its own tags first: others may have changed them.
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { call } from "@/api/client";
import { changeRun, deleteRun, runKeys } from "@/api/runs";
import type { ProjectRef } from "@/api/types";
import { Button, Dialog, Menu, showError, showToast } from "@/shared/components";
import { formatCount } from "@/shared/format";
import { useChosenColours } from "@/shared/theme/chosenColours";
import type { SetView } from "@/shared/viewState";
import { scopeOf, useColourItems } from "./ColourMenu";
import type { codecs, RunsView } from "./view";

export interface BulkBarProps {
  at: ProjectRef;
  selection: ReadonlySet<string>;
  setSelection: (selection: ReadonlySet<string>) => void;
  view: RunsView;
  setView: SetView<typeof codecs>;
}

export function BulkBar({ at, selection, setSelection, view, setView }: BulkBarProps) {
  const client = useQueryClient();
  const [open, setOpen] = useState<"tag" | "delete" | null>(null);
  const [tag, setTag] = useState("");
  const [isBusy, setBusy] = useState(false);
  const runs = [...selection];

  const forAll = async (said: string, work: (run: string) => Promise<unknown>) => {
    setBusy(true);
    let done = 0;
    try {
      for (const run of runs) {
        await work(run);
        done += 1;
      }
      showToast(`${said}: ${formatCount(done, "run")}`);
    } catch (error) {
      showError(error);
      if (done > 0) showToast(`${said} before that: ${formatCount(done, "run")}`);
    }
    setBusy(false);
    setOpen(null);
    await client.invalidateQueries({ queryKey: runKeys.pages(at) });
  };
  const addTag = (run: string) => changeTags(at, run, (tags) => [...new Set([...tags, tag.trim()])]);
  const removeTag = (run: string) => changeTags(at, run, (tags) => tags.filter((one) => one !== tag.trim()));
  const chosen = useChosenColours(scopeOf(at));
  const first = chosen.get(runs[0] ?? "") ?? null;
  const isShared = runs.every((run) => (chosen.get(run) ?? null) === first);
  const colours = useColourItems(scopeOf(at), runs, isShared ? first : -1);
  const only = runs.length === 1 ? (runs[0] ?? null) : null;
  return (
    <div className="bulk" role="toolbar" aria-label="Ticked runs">
      <span>{formatCount(runs.length, "run")} ticked</span>
      {only !== null && (
        <Button onClick={() => setView({ base: view.base === only ? null : only })}>
          {view.base === only ? "No baseline" : "Baseline"}
        </Button>
      )}
      {view.group === null && <Menu label="Colour" items={colours} />}
      <Button onClick={() => setOpen("tag")}>Tags</Button>
      <Button look="danger" onClick={() => setOpen("delete")}>
        Delete
      </Button>
      <Button look="plain" onClick={() => setSelection(new Set())}>
        Untick all
      </Button>
      {open === "tag" && (
        <Dialog
          title={`Tags of ${formatCount(runs.length, "run")}`}
          onClose={() => setOpen(null)}
          actions={
            <>
              <Button
                disabled={isBusy || tag.trim() === ""}
                onClick={() => void forAll("Tag taken off", removeTag)}
              >
                Take off
              </Button>
              <Button
                look="primary"
                disabled={isBusy || tag.trim() === ""}
                onClick={() => void forAll("Tagged", addTag)}
              >
                Put on
              </Button>
            </>
          }
        >
          <input
            aria-label="Tag"
            placeholder="Tag"
            autoFocus
            value={tag}
            onChange={(event) => setTag(event.target.value)}
          />
        </Dialog>
      )}
      {open === "delete" && (
        <Dialog
          title={`Delete ${formatCount(runs.length, "run")}?`}
          onClose={() => setOpen(null)}
          actions={
            <>
              <Button onClick={() => setOpen(null)}>Keep</Button>
              <Button
                look="danger"
                disabled={isBusy}
                onClick={() =>
                  void forAll("Deleted", (run) => deleteRun({ ...at, run })).then(() =>
                    setSelection(new Set()),
                  )
                }
              >
                Delete
              </Button>
            </>
          }
        >
          <p>Their rows, console lines and files go with them. This cannot be undone.</p>
        </Dialog>
      )}
    </div>
  );
}

async function changeTags(
  at: ProjectRef,
  run: string,
  change: (tags: string[]) => string[],
): Promise<unknown> {
  const { tags } = await call("get", "/api/v1/projects/{entity}/{project}/runs/{run}", {
    path: { ...at, run },
  });
  return changeRun({ ...at, run }, { tags: change(tags) });
}
