// Which runs the panels show: the newest, those of a name, or chosen ones.
import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { runsPage } from "@/api/runs";
import type { ProjectRef } from "@/api/types";
import { Button, Dialog, StateBadge } from "@/shared/components";
import { formatCount } from "@/shared/format";
import type { SetView, View } from "@/shared/viewState";
import { codecs, filterOf, type ShownRun } from "./shownRuns";

export interface RunsBarProps {
  at: ProjectRef;
  view: View<typeof codecs>;
  setView: SetView<typeof codecs>;
  runs: ShownRun[];
  total: number | null;
}

const legendAtMost = 12;

export function RunsBar({ at, view, setView, runs, total }: RunsBarProps) {
  const [isChoosing, setChoosing] = useState(false);
  return (
    <div className="runs-bar">
      {view.runs.length === 0 ? (
        <>
          <label>
            Newest
            <select value={view.newest} onChange={(event) => setView({ newest: Number(event.target.value) })}>
              {[...new Set([1, 3, 5, 10, 20, 50, 100, view.newest])]
                .sort((a, b) => a - b)
                .map((count) => (
                  <option key={count} value={count}>
                    {count}
                  </option>
                ))}
            </select>
          </label>
          <label>
            <span className="hidden-text">Runs by name</span>
            <input
              type="search"
              placeholder="runs by name"
              value={view.named}
              onChange={(event) => setView({ named: event.target.value }, "replace")}
            />
          </label>
        </>
      ) : (
        <Button onClick={() => setView({ runs: [] })}>
          Newest instead of {formatCount(view.runs.length, "chosen run")}
        </Button>
      )}
      <Button onClick={() => setChoosing(true)}>Choose…</Button>
      <ul className="runs-legend">
        {runs.slice(0, legendAtMost).map((run) => (
          <li key={run.run}>
            <button type="button" title={`Only ${run.label}`} onClick={() => setView({ runs: [run.run] })}>
              <span className="swatch" style={{ background: run.colour }} />
              <bdi>{run.label}</bdi>
            </button>
          </li>
        ))}
        {runs.length > legendAtMost && <li className="quiet">and {runs.length - legendAtMost} more</li>}
        {total !== null && total > runs.length && <li className="quiet">of {formatCount(total, "run")}</li>}
      </ul>
      {isChoosing && (
        <ChooseRuns
          at={at}
          chosen={runs.map((run) => run.run)}
          onChoose={(chosen) => setView({ runs: chosen, named: "" })}
          onClose={() => setChoosing(false)}
        />
      )}
    </div>
  );
}

interface ChooseRunsProps {
  at: ProjectRef;
  chosen: string[];
  onChoose: (runs: string[]) => void;
  onClose: () => void;
}

function ChooseRuns({ at, chosen, onChoose, onClose }: ChooseRunsProps) {
  const [picked, setPicked] = useState(new Set(chosen));
  const [named, setNamed] = useState("");
  const filters = filterOf({ runs: [], named: useDeferredValue(named), newest: 1 });
  const wanted = { filters, order: "-created_at", configKeys: [], summaryKeys: [] };
  const page = useQuery(runsPage(at, wanted, 0, 100));
  const toggle = (run: string) => {
    const next = new Set(picked);
    if (!next.delete(run)) next.add(run);
    setPicked(next);
  };
  return (
    <Dialog
      title="Which runs"
      onClose={onClose}
      actions={
        <>
          <span className="quiet choose-count">{formatCount(picked.size, "run")} chosen</span>
          <Button onClick={() => setPicked(new Set())} disabled={picked.size === 0}>
            None
          </Button>
          <Button
            look="primary"
            disabled={picked.size === 0 || picked.size > 100}
            onClick={() => {
              onChoose([...picked]);
              onClose();
            }}
          >
            Show them
          </Button>
        </>
      }
    >
      <input
        type="search"
        aria-label="Find runs by name"
        placeholder="find by name"
        className="choose-search"
        value={named}
        onChange={(event) => setNamed(event.target.value)}
      />
      <ul className="choose-runs">
        {(page.data?.runs ?? []).map((run) => (
          <li key={run.name}>
            <label>
              <input type="checkbox" checked={picked.has(run.name)} onChange={() => toggle(run.name)} />
              <bdi>{run.display_name || run.name}</bdi>
              <StateBadge state={run.state} />
            </label>
          </li>
        ))}
      </ul>
      {page.data && page.data.total > page.data.runs.length && (
        <p className="quiet">The newest 100 of {formatCount(page.data.total, "run")}; a name narrows them.</p>
      )}
      {page.data?.runs.length === 0 && <p className="quiet">No run is called so.</p>}
    </Dialog>
  );
}
