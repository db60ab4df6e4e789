// One run: its curves, what it was made with, what it printed, its machine, its files.
import { useMemo } from "react";
import { Link } from "wouter";
import { useRun } from "@/api/runs";
import type { Run, RunRef } from "@/api/types";
import { useLiveCurves } from "@/api/useCurves";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, ErrorState, LoadingState, PageHeader, StateBadge, TabPanel, Tabs } from "@/shared/components";
import { formatAgo, formatCount, formatDuration } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { useViewState } from "@/shared/viewState";
import { ConfigTab } from "./ConfigTab";
import { ConsoleTab } from "./ConsoleTab";
import { FilesTab } from "./FilesTab";
import { OverviewTab } from "./OverviewTab";
import { RunActions } from "./RunActions";
import { RunChartsTab } from "./RunChartsTab";
import { SystemTab } from "./SystemTab";
import { codecs, tabs } from "./view";
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
  useLiveCurves(at);
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
        from={<Origin at={at} run={run} />}
        usedBy={run.files > 0 ? formatCount(run.files, "file") : "nothing yet"}
        actions={<RunActions at={at} run={run} />}
      />
      <Tabs label="Parts of the run" tabs={tabs} chosen={view.tab} onChoose={(tab) => setView({ tab })} />
      <div className="run-tab">
        <TabPanel chosen={view.tab}>
          {view.tab === "charts" && <RunChartsTab at={at} run={run} view={view} setView={setView} />}
          {view.tab === "overview" && <OverviewTab run={run} />}
          {view.tab === "config" && <ConfigTab at={at} run={run} view={view} setView={setView} />}
          {view.tab === "console" && <ConsoleTab at={at} run={run} view={view} setView={setView} />}
          {view.tab === "system" && <SystemTab at={at} />}
          {view.tab === "files" && <FilesTab at={at} />}
        </TabPanel>
      </div>
    </>
  );
}

/** Script, commit, sweep, parent: as far as the client said. */
function Origin({ at, run }: { at: RunRef; run: Run }) {
  const forked = run.forked_from?.split("?")[0];
  const parts = [
    run.program && <bdi key="program">{run.program}</bdi>,
    run.commit && <code key="commit">{run.commit.slice(0, 10)}</code>,
    run.sweep && (
      <Link key="sweep" href={addresses.sweep(at, run.sweep)}>
        sweep {run.sweep}
      </Link>
    ),
    forked && (
      <Link key="fork" href={addresses.run({ ...at, run: forked })}>
        run {run.forked_from}
      </Link>
    ),
    run.host && <bdi key="host">{run.host}</bdi>,
  ].filter(Boolean);
  return parts.length === 0 ? <>–</> : parts.flatMap((part, at) => (at === 0 ? [part] : [" · ", part]));
}
