// One run: its curves, what it was made with, what it printed, its machine, its files.
import { Suspense, useMemo } from "react";
import { useRunArtifacts } from "@/api/artifacts";
import { useMedia } from "@/api/media";
import { useRun } from "@/api/runs";
import type { Run, RunRef } from "@/api/types";
import { useLiveCurves } from "@/api/useCurves";
import type { PageProps } from "@/app/routes";
import { Badge, ErrorState, LoadingState, PageHeader, StateBadge, TabPanel, Tabs } from "@/shared/components";
import { formatAgo, formatCount, formatDuration } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { useViewState } from "@/shared/viewState";
import { ErrorBoundary } from "@/app/ErrorBoundary";
import { Origin, Uses } from "./Lineage";
import { RunActions } from "./RunActions";
import { runTabs, type RunTab } from "./tabs";
import { codecs } from "./view";
import "./run.css";

export default function RunPage({ params }: PageProps) {
  const { entity = "", project = "", run = "" } = params;
  const at = useMemo(() => ({ entity, project, run }), [entity, project, run]);
  const query = useRun(at);
  if (query.isPending) return <LoadingState label="The run is coming" />;
  if (query.isError) return <ErrorState isPage error={query.error} onRetry={() => void query.refetch()} />;
  return <OneRun at={at} run={query.data} />;
}

function OneRun({ at, run }: { at: RunRef; run: Run }) {
  const [view, setView] = useViewState(codecs);
  const now = useNow();
  const media = useMedia(at).data;
  const artifacts = useRunArtifacts(at).data;
  useLiveCurves(at);
  const isShown = (tab: RunTab) => tab.id === view.tab || (tab.isShown?.({ run, media, artifacts }) ?? true);
  const tabs = runTabs.filter(isShown);
  const chosen = tabs.find((tab) => tab.id === view.tab) ?? tabs[0];
  if (!chosen) return null;
  const { Content } = chosen;
  return (
    <>
      <PageHeader
        kind="Run"
        title={run.display_name || run.name}
        facts={
          <>
            <StateBadge state={run.state} />
            {run.is_stop_requested && run.state === "running" && <Badge tone="warn">stop asked for</Badge>}
            {run.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
            <span className="run-facts">
              {formatDuration(run.duration_secs)}, {formatCount(run.history_rows, "row")}, begun{" "}
              {formatAgo(run.created_unix_ms, now)}
            </span>
          </>
        }
        from={<Origin at={at} run={run} artifacts={artifacts} />}
        usedBy={<Uses at={at} run={run} artifacts={artifacts} />}
        actions={<RunActions at={at} run={run} />}
      />
      <Tabs label="Parts of the run" tabs={tabs} chosen={chosen.id} onChoose={(tab) => setView({ tab })} />
      <div className="run-tab">
        <TabPanel chosen={chosen.id}>
          <ErrorBoundary key={chosen.id}>
            <Suspense fallback={<LoadingState />}>
              <Content at={at} run={run} view={view} setView={setView} />
            </Suspense>
          </ErrorBoundary>
        </TabPanel>
      </div>
    </>
  );
}
