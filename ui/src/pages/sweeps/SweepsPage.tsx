// The searches of a project; without any, how one is begun.
import { Link } from "wouter";
import { useSweeps, type Sweep } from "@/api/sweeps";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { CopyLine, EmptyState, ErrorState, LoadingState, PageHeader, StateBadge } from "@/shared/components";
import { formatAgo, formatCount, formatNumber, formatTime } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import "@/shared/sections.css";
import "./sweeps.css";

export default function SweepsPage({ params }: PageProps) {
  const at = { entity: params["entity"] ?? "", project: params["project"] ?? "" };
  const sweeps = useSweeps(at);
  return (
    <>
      <PageHeader
        kind="Page"
        title="Sweeps"
        facts={
          sweeps.data &&
          sweeps.data.length > 0 && <span className="quiet">{formatCount(sweeps.data.length, "sweep")}</span>
        }
      />
      {sweeps.isPending && <LoadingState label="Sweeps are coming" />}
      {sweeps.isError && <ErrorState error={sweeps.error} onRetry={() => void sweeps.refetch()} />}
      {sweeps.data &&
        (sweeps.data.length === 0 ? <FirstSweep at={at} /> : <List at={at} sweeps={sweeps.data} />)}
    </>
  );
}

function List({ at, sweeps }: { at: ProjectRef; sweeps: Sweep[] }) {
  const now = useNow();
  return (
    <ul className="link-list sweep-list">
      {sweeps.map((sweep) => (
        <li key={sweep.id}>
          <Link href={addresses.sweep(at, sweep.id)}>
            <span className="sweep-name">{sweep.display_name || sweep.id}</span>
            <StateBadge state={sweep.state} />
            <span className="quiet">{sweep.method}</span>
            <span className="quiet">
              {formatNumber(sweep.trial_count)}
              {sweep.expected_trials !== null && sweep.expected_trials !== undefined
                ? ` of ${formatCount(sweep.expected_trials, "trial")}`
                : ` ${sweep.trial_count === 1 ? "trial" : "trials"}`}
            </span>
            <span className="sweep-best">
              {sweep.metric ? (
                <>
                  best <bdi>{sweep.metric}</bdi> {sweep.is_maximized ? "↑" : "↓"}{" "}
                  <b>{formatNumber(sweep.best?.value)}</b>
                </>
              ) : (
                <span className="quiet">no metric</span>
              )}
            </span>
            <time className="quiet" title={formatTime(sweep.created_unix_ms)}>
              {formatAgo(sweep.created_unix_ms, now)}
            </time>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function FirstSweep({ at }: { at: ProjectRef }) {
  return (
    <EmptyState title="No sweeps yet">
      <div className="sweep-steps">
        <p>A sweep tries settings until one is found. The YAML that the wandb client takes works as it is:</p>
        <CopyLine text={`wandb sweep --entity ${at.entity} --project ${at.project} sweep.yaml`} />
        <p>It prints the line that starts an agent; start as many as there is room for:</p>
        <CopyLine text={`wandb agent ${at.entity}/${at.project}/SWEEP`} />
      </div>
    </EmptyState>
  );
}
