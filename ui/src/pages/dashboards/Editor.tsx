// A dashboard while it is edited: its YAML is the one truth, forms and drags change that text, undo goes back in it.
import { useEffect, useMemo, useState, type ReactNode } from "react";
import { DashboardConflict, useSaveDashboard, type Dashboard } from "@/api/dashboards";
import type { ProjectRef } from "@/api/types";
import { Button, Dialog, showToast } from "@/shared/components";
import { useLatest } from "@/shared/useLatest";
import { useShortcuts } from "@/shared/shortcuts";
import { changed, historyOf, redone, undone, type History } from "./history";
import { DashboardForm, PanelForm } from "./PanelForm";
import { emptyPanel, type Panel } from "./panel";
import {
  draftOf,
  withDatasets,
  withNewPanel,
  withoutPanel,
  withPanel,
  withPanelMoved,
  withTitle,
} from "./yamlEdit";

export interface EditorProps {
  at: ProjectRef;
  dashboard: Dashboard;
  metrics: string[];
  onDraft: (panels: Panel[] | null) => void;
  onClose: () => void;
  renderPanel: (place: number) => ReactNode;
}

/** Edits that were left for another page wait here for the return, as long as the app is open. */
const left = new Map<string, { history: History; base: Dashboard }>();

export default function Editor({ at, dashboard, metrics, onDraft, onClose, renderPanel }: EditorProps) {
  const key = `${at.entity}/${at.project}/${dashboard.name}`;
  const [base, setBase] = useState(left.get(key)?.base ?? dashboard);
  const [history, setHistory] = useState(left.get(key)?.history ?? historyOf(dashboard.yaml));
  const [chosen, setChosen] = useState(0);
  const [dragged, setDragged] = useState<number | null>(null);
  const [conflict, setConflict] = useState<DashboardConflict | null>(null);
  const save = useSaveDashboard(at, dashboard.name);
  const yaml = history.present;
  const { draft, problem } = useMemo(() => draftOf(yaml), [yaml]);
  const isChanged = yaml !== base.yaml;
  const latest = useLatest({ history, base, isChanged });
  const panels = draft?.panels ?? null;

  useEffect(() => {
    if (panels !== null) onDraft(panels);
  }, [panels, onDraft]);
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => {
      if (latest.current.isChanged) event.preventDefault();
    };
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [latest]);
  useEffect(() => {
    if (isChanged) left.set(key, { history, base });
    else left.delete(key);
  }, [key, history, base, isChanged]);

  const change = (next: string, of: string | null = null) =>
    setHistory((before) => changed(before, next, of));
  const undo = () => setHistory(undone);
  const redo = () => setHistory(redone);
  const keep = (over: Dashboard | null) =>
    save.mutate(
      { yaml, base: over },
      {
        onSuccess: (kept) => {
          setBase(kept);
          setConflict(null);
          showToast("Saved.");
        },
        onError: (error) => {
          if (error instanceof DashboardConflict) setConflict(error);
        },
      },
    );
  useShortcuts([
    { keys: "mod z", says: "Undo", run: undo, isGlobal: true },
    { keys: "mod y", says: "Redo", run: redo, isGlobal: true },
    { keys: "mod s", says: "Save the dashboard", run: () => isChanged && keep(base), isGlobal: true },
  ]);
  const move = (from: number, to: number) => {
    if (to < 0 || to >= (panels?.length ?? 0) || from === to) return;
    change(withPanelMoved(yaml, from, to));
    setChosen(to);
  };
  const panel = panels?.[chosen];
  return (
    <div className="editor">
      <div className="editor-bar">
        <Button onClick={undo} disabled={history.past.length === 0}>
          Undo
        </Button>
        <Button onClick={redo} disabled={history.future.length === 0}>
          Redo
        </Button>
        <Button
          onClick={() => {
            change(withNewPanel(yaml, panels?.length ?? 0, { ...emptyPanel, metrics: metrics.slice(0, 1) }));
            setChosen(panels?.length ?? 0);
          }}
          disabled={panels === null}
        >
          Add a panel
        </Button>
        <span className="quiet" aria-live="polite">
          {isChanged ? "Not saved yet" : base.is_made ? "Saving makes it yours" : "Saved"}
        </span>
        <Button
          look="primary"
          className="editor-save"
          disabled={!isChanged || save.isPending}
          onClick={() => keep(base)}
        >
          Save
        </Button>
        <Button
          onClick={() => {
            left.delete(key);
            onClose();
          }}
        >
          {isChanged ? "Discard" : "Done"}
        </Button>
      </div>
      {save.isError && !(save.error instanceof DashboardConflict) && (
        <p className="dashboard-note" role="alert">
          {save.error.message}
        </p>
      )}
      <div className="editor-columns">
        <div className="panels">
          {(panels ?? []).map((one, place) => (
            <div
              key={place}
              className="editor-panel"
              data-chosen={place === chosen}
              data-dragged={place === dragged}
              onDragOver={(event) => {
                if (dragged === null) return;
                event.preventDefault();
                if (place !== dragged) {
                  move(dragged, place);
                  setDragged(place);
                }
              }}
              onDrop={(event) => event.preventDefault()}
            >
              <div className="editor-tools">
                <span
                  className="editor-grip"
                  aria-hidden="true"
                  title="Drag to move"
                  draggable
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", String(place));
                    setDragged(place);
                  }}
                  onDragEnd={() => setDragged(null)}
                >
                  ⠿
                </span>
                <Button look="plain" aria-pressed={place === chosen} onClick={() => setChosen(place)}>
                  Edit
                  <span className="hidden-text">
                    {" "}
                    panel {place + 1} {one.title}
                  </span>
                </Button>
                <Button
                  look="plain"
                  size="icon"
                  aria-label={`Move panel ${place + 1} earlier`}
                  disabled={place === 0}
                  onClick={() => move(place, place - 1)}
                >
                  ↑
                </Button>
                <Button
                  look="plain"
                  size="icon"
                  aria-label={`Move panel ${place + 1} later`}
                  disabled={place + 1 === panels?.length}
                  onClick={() => move(place, place + 1)}
                >
                  ↓
                </Button>
                <Button
                  look="plain"
                  size="icon"
                  aria-label={`Remove panel ${place + 1}`}
                  onClick={() => change(withoutPanel(yaml, place))}
                >
                  ✕
                </Button>
              </div>
              {renderPanel(place)}
            </div>
          ))}
          {draft !== null && draft.datasets.length > 0 && (
            <p className="quiet">
              After these come the panels that the data sets get: {draft.datasets.join(", ")}.
            </p>
          )}
        </div>
        <aside className="editor-side" aria-label="What is edited">
          {draft && (
            <DashboardForm
              title={draft.title}
              datasets={draft.datasets}
              onTitle={(title) => change(withTitle(yaml, title), "title")}
              onDatasets={(datasets) => change(withDatasets(yaml, datasets))}
            />
          )}
          {panel && (
            <PanelForm
              key={chosen}
              number={chosen + 1}
              panel={panel}
              metrics={metrics}
              onChange={(next, field) => change(withPanel(yaml, chosen, next), field && `${chosen} ${field}`)}
            />
          )}
          <div className="editor-yaml">
            <label htmlFor="dashboard-yaml">YAML</label>
            <textarea
              id="dashboard-yaml"
              spellCheck={false}
              value={yaml}
              aria-invalid={problem !== null}
              onChange={(event) => change(event.target.value, "yaml")}
            />
          </div>
          {problem !== null && (
            <p className="form-problem" role="alert">
              {problem}
            </p>
          )}
        </aside>
      </div>
      {conflict && (
        <Conflict
          theirs={conflict.theirs}
          onClose={() => setConflict(null)}
          onMine={() => keep(conflict.theirs)}
          onTheirs={(theirs) => {
            setBase(theirs);
            change(theirs.yaml);
            setConflict(null);
          }}
        />
      )}
    </div>
  );
}

interface ConflictProps {
  /** Null where somebody removed it. */
  theirs: Dashboard | null;
  onClose: () => void;
  onMine: () => void;
  onTheirs: (theirs: Dashboard) => void;
}

/** What was typed stays in the editor, whatever is chosen here. */
function Conflict({ theirs, onClose, onMine, onTheirs }: ConflictProps) {
  return (
    <Dialog
      title={theirs ? "Somebody else saved it meanwhile" : "Somebody removed it meanwhile"}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Go on editing</Button>
          {theirs && <Button onClick={() => onTheirs(theirs)}>Take theirs</Button>}
          <Button look={theirs ? "danger" : "primary"} onClick={onMine}>
            {theirs ? "Overwrite with mine" : "Save mine"}
          </Button>
        </>
      }
    >
      {theirs ? (
        <>
          <p>
            <bdi>{theirs.user}</bdi> saved this dashboard after you opened it. Taking theirs keeps yours in
            Undo. It reads now:
          </p>
          <pre className="conflict-yaml" tabIndex={0}>
            {theirs.yaml}
          </pre>
        </>
      ) : (
        <p>There is no dashboard of this name any more. Yours is still here, and was not saved.</p>
      )}
    </Dialog>
  );
}
