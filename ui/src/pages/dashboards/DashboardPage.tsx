// One dashboard: its panels over the runs that the address names, and the editor where that is open.
import { lazy, Suspense, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useDashboard, useDeleteDashboard, type Dashboard } from "@/api/dashboards";
import { useColumns } from "@/api/projects";
import type { ProjectRef } from "@/api/types";
import { useLiveCurves } from "@/api/useCurves";
import { useViewer } from "@/api/viewer";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import {
  Badge,
  Button,
  Dialog,
  ErrorState,
  LoadingState,
  Menu,
  PageHeader,
  showError,
} from "@/shared/components";
import { formatCount, formatTime } from "@/shared/format";
import { useShortcuts } from "@/shared/shortcuts";
import { useViewState } from "@/shared/viewState";
import { denominatorOf } from "./denominators";
import { metricsOf, namedMetrics, pairsOf, panelOf, type Panel } from "./panel";
import { PanelView } from "./Panel";
import { RunsBar } from "./RunsBar";
import { codecs, useShownRuns } from "./shownRuns";
import "@/shared/sections.css";
import "./dashboards.css";

const Editor = lazy(() => import("./Editor"));

export default function DashboardPage({ params }: PageProps) {
  const at = { entity: params["entity"] ?? "", project: params["project"] ?? "" };
  const name = params["name"] ?? "";
  const dashboard = useDashboard(at, name);
  useLiveCurves(at);
  if (dashboard.isPending) return <LoadingState label="The dashboard is coming" />;
  if (dashboard.isError)
    return <ErrorState error={dashboard.error} onRetry={() => void dashboard.refetch()} />;
  return <Shown at={at} dashboard={dashboard.data} />;
}

function Shown({ at, dashboard }: { at: ProjectRef; dashboard: Dashboard }) {
  const [view, setView] = useViewState(codecs);
  const mayWrite = useViewer().data?.is_read_only === false;
  const [draft, setDraft] = useState<Panel[] | null>(null);
  const columns = useColumns(at).data;
  const metrics = useMemo(
    () => [
      ...new Set([
        ...(columns?.summary.map((column) => column.name) ?? []),
        ...dashboard.panels.flatMap((panel) => panel.found),
      ]),
    ],
    [columns, dashboard],
  );
  const saved = useMemo(() => dashboard.panels.map(panelOf), [dashboard]);
  const isEditing = view.edit && mayWrite;
  const panels = isEditing && draft !== null ? draft : saved;
  const keys = useMemo(() => lastValuesOf(panels, metrics), [panels, metrics]);
  const runs = useShownRuns(at, view, keys.slice(0, keysAtMost));
  useShortcuts(
    mayWrite ? [{ keys: "e", says: "Edit the dashboard", run: () => setView({ edit: true }) }] : [],
  );
  const body = (place: number) => {
    const panel = panels[place];
    return panel && <PanelView at={at} panel={panel} metrics={metrics} runs={runs.shown} />;
  };
  return (
    <>
      <PageHeader
        kind="Dashboard"
        title={dashboard.title || dashboard.name}
        facts={dashboard.is_made ? <Badge>made from the metrics</Badge> : undefined}
        from={
          dashboard.is_made ? (
            "the names of the metrics that the runs log"
          ) : (
            <>
              <bdi>{dashboard.user}</bdi>, {formatTime(dashboard.updated_unix_ms)}
            </>
          )
        }
        usedBy={formatCount(runs.total ?? 0, "run")}
        actions={
          mayWrite &&
          !isEditing && <Actions at={at} dashboard={dashboard} onEdit={() => setView({ edit: true })} />
        }
      />
      <div className="dashboard">
        <RunsBar at={at} view={view} setView={setView} runs={runs.shown} total={runs.total} />
        {runs.page.isError && <ErrorState error={runs.page.error} onRetry={() => void runs.page.refetch()} />}
        {keys.length > keysAtMost && (
          <p className="dashboard-note">
            The panels want the last values of {keys.length} metrics; the first {keysAtMost} are shown.
          </p>
        )}
        {!isEditing && <Warnings warnings={dashboard.warnings} />}
        {runs.page.isSuccess && runs.shown.length === 0 && (
          <p className="dashboard-note">
            {view.named === "" && view.runs.length === 0
              ? "The project has no runs yet."
              : "No run fits what is chosen."}
          </p>
        )}
        {isEditing ? (
          <Suspense fallback={<LoadingState label="The editor is coming" />}>
            <Editor
              at={at}
              dashboard={dashboard}
              metrics={metrics}
              onDraft={setDraft}
              onClose={() => {
                setDraft(null);
                setView({ edit: false });
              }}
              renderPanel={body}
            />
          </Suspense>
        ) : (
          <div className="panels">
            {panels.map((panel, place) => (
              <div key={`${place} ${panel.title}`}>{body(place)}</div>
            ))}
          </div>
        )}
      </div>
    </>
  );
}

const keysAtMost = 300;

/** Metrics of which the panels show last values, with what their rates are of. */
function lastValuesOf(panels: Panel[], metrics: string[]): string[] {
  const known = new Set(metrics);
  const shown = panels
    .filter((panel) => panel.type !== "line")
    .flatMap((panel) =>
      panel.type === "scatter"
        ? [
            ...metricsOf(panel.metrics, metrics),
            ...pairsOf(panel.x_axis ?? "", panel.y_axis ?? "", metrics).flatMap((pair) => [pair.x, pair.y]),
          ]
        : metricsOf(panel.metrics.length > 0 ? namedMetrics(panel) : panel.columns, metrics),
    );
  return [...new Set([...shown, ...shown.flatMap((metric) => denominatorOf(metric, known) ?? [])])];
}

function Warnings({ warnings }: { warnings: string[] }) {
  if (warnings.length === 0) return null;
  return (
    <details className="dashboard-note" open={warnings.length <= 3}>
      <summary>{formatCount(warnings.length, "name")} that no run has</summary>
      <ul>
        {warnings.map((warning) => (
          <li key={warning}>{warning}</li>
        ))}
      </ul>
    </details>
  );
}

function Actions({ at, dashboard, onEdit }: { at: ProjectRef; dashboard: Dashboard; onEdit: () => void }) {
  const [isAsked, setAsked] = useState(false);
  const [, navigate] = useLocation();
  const remove = useDeleteDashboard(at);
  return (
    <>
      <Button onClick={onEdit}>Edit</Button>
      <Menu
        look="plain"
        size="icon"
        aria-label="Dashboard: more"
        label={<span aria-hidden="true">⋯</span>}
        items={[
          {
            label: "Copy the YAML",
            onSelect: () => void navigator.clipboard.writeText(dashboard.yaml).catch(showError),
          },
          { label: "Remove…", look: "danger", isDisabled: dashboard.is_made, onSelect: () => setAsked(true) },
        ]}
      />
      {isAsked && (
        <Dialog
          title="Remove this dashboard?"
          onClose={() => setAsked(false)}
          actions={
            <>
              <Button onClick={() => setAsked(false)}>Keep it</Button>
              <Button
                look="danger"
                onClick={() =>
                  remove.mutate(dashboard.name, {
                    onSuccess: () => navigate(addresses.projectPage(at, "dashboards")),
                    onError: showError,
                  })
                }
              >
                Remove it
              </Button>
            </>
          }
        >
          <p>
            The YAML of <bdi>{dashboard.name}</bdi> is gone then; runs and their metrics stay.
          </p>
        </Dialog>
      )}
    </>
  );
}
