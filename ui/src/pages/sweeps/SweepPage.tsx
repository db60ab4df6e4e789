// One search: what was tried, what came of it, what mattered.
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { runsPage } from "@/api/runs";
import { useStopTrial, useSweep, type Sweep } from "@/api/sweeps";
import type { ProjectRef } from "@/api/types";
import { useViewer } from "@/api/viewer";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import {
  CopyLine,
  EmptyState,
  ErrorState,
  LoadingState,
  PageHeader,
  showError,
  showToast,
  StateBadge,
} from "@/shared/components";
import { formatCount, formatNumber, formatTime } from "@/shared/format";
import { SweepControls } from "./SweepControls";
import { SweepPanels } from "./SweepPanels";
import { trialsOf } from "./trials";
import "@/shared/sections.css";
import "./sweeps.css";

export default function SweepPage({ params }: PageProps) {
  const at = { entity: params["entity"] ?? "", project: params["project"] ?? "" };
  const id = params["id"] ?? "";
  const found = useSweep(at, id);
  const names = useNames(at, id);
  const [, navigate] = useLocation();
  const viewer = useViewer().data;
  const stop = useStopTrial(at, id);
  if (found.isPending) return <LoadingState label="The sweep is coming" />;
  if (found.isError) return <ErrorState isPage error={found.error} onRetry={() => void found.refetch()} />;
  const { sweep, trials, importance } = found.data;
  const onStop = (run: string) =>
    stop.mutate(run, {
      onSuccess: () => showToast(`${names.get(run) || run} is told to stop at its next upload.`),
      onError: showError,
    });
  return (
    <>
      <PageHeader
        kind="Sweep"
        title={sweep.display_name || sweep.id}
        facts={
          <>
            <StateBadge state={sweep.state} />
            <span className="quiet">{factsOf(sweep)}</span>
          </>
        }
        from={
          <>
            {sweep.method} search of <bdi>{sweep.user}</bdi>, {formatTime(sweep.created_unix_ms)}
            {sweep.description ? (
              <>
                , <bdi>{sweep.description}</bdi>
              </>
            ) : null}
          </>
        }
        {...(viewer?.is_read_only === false ? { actions: <SweepControls at={at} sweep={sweep} /> } : {})}
        {...(sweep.best ? { usedBy: <BestLink at={at} sweep={sweep} names={names} /> } : {})}
      />
      <div className="sweep">
        {trials.length === 0 ? (
          <EmptyState title="No trial yet">
            <div className="sweep-steps">
              <p>Trials begin when an agent asks for one; start as many as there is room for:</p>
              <CopyLine text={`wandb agent ${at.entity}/${at.project}/${sweep.id}`} />
            </div>
          </EmptyState>
        ) : (
          <SweepPanels
            at={at}
            sweep={sweep}
            trials={trialsOf(trials)}
            importance={importance}
            names={names}
            onOpen={(run) => navigate(addresses.run({ ...at, run }))}
            onStop={viewer?.is_read_only === false ? onStop : null}
          />
        )}
        <details className="sweep-panel">
          <summary className="sweep-panel-head">Configuration, as it was sent</summary>
          <pre className="sweep-config" tabIndex={0}>
            {sweep.config}
          </pre>
        </details>
      </div>
    </>
  );
}

function factsOf(sweep: Sweep): string {
  const goal = sweep.metric
    ? `, ${sweep.is_maximized ? "more" : "less"} ${sweep.metric} is better`
    : ", no metric";
  const expected = sweep.expected_trials ?? null;
  const count = formatCount(sweep.trial_count, "trial");
  return `${expected === null ? count : `${formatNumber(sweep.trial_count)} of ${formatCount(expected, "trial")}`}${goal}`;
}

function BestLink({
  at,
  sweep,
  names,
}: {
  at: ProjectRef;
  sweep: Sweep;
  names: ReadonlyMap<string, string>;
}) {
  const run = sweep.best?.run ?? "";
  return (
    <>
      best trial{" "}
      <Link href={addresses.run({ ...at, run })}>
        <bdi>{names.get(run) || run}</bdi>
      </Link>{" "}
      with <bdi>{sweep.metric}</bdi> {formatNumber(sweep.best?.value, 5)}
    </>
  );
}

const namesAtMost = 1000;
const noNames: ReadonlyMap<string, string> = new Map();

/** Names of the trials' runs; later ones than the first thousand go by their id. */
function useNames(at: ProjectRef, id: string): ReadonlyMap<string, string> {
  const wanted = {
    filters: JSON.stringify({ sweep: id }),
    order: "+created_at",
    configKeys: [],
    summaryKeys: [],
  };
  const names = useQuery({
    ...runsPage(at, wanted, 0, namesAtMost),
    select: (page) => new Map(page.runs.map((run) => [run.name, run.display_name ?? ""])),
  });
  return names.data ?? noNames;
}
