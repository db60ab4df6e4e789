// The page of an evaluation that has no report: it still runs, it ended without one, or there is no such run.
import { Link } from "wouter";
import { ApiError } from "@/api/client";
import { useRun } from "@/api/runs";
import type { RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { EmptyState, ErrorState, LoadingState, PageHeader, StateBadge } from "@/shared/components";
import { formatAgo, formatTime } from "@/shared/format";
import { shortModel } from "@/shared/modelName";
import { useNow } from "@/shared/useNow";

export function NoReport({ at, error, onRetry }: { at: RunRef; error: unknown; onRetry: () => void }) {
  const isMissing = error instanceof ApiError && error.status === 404;
  return isMissing ? (
    <Unfinished at={at} error={error} onRetry={onRetry} />
  ) : (
    <ErrorState isPage error={error} onRetry={onRetry} />
  );
}

function Unfinished({ at, error, onRetry }: { at: RunRef; error: unknown; onRetry: () => void }) {
  const run = useRun(at);
  const now = useNow();
  if (run.isPending) return <LoadingState label="The run is coming" />;
  const found = run.data;
  if (found?.job_type !== "eval") return <ErrorState isPage error={error} onRetry={onRetry} />;
  const isRunning = found.state === "running";
  return (
    <>
      <PageHeader
        kind="Evaluation"
        title={shortModel(found.display_name || at.run)}
        facts={
          <>
            <StateBadge state={found.state} />
            <span className="quiet">begun {formatTime(found.created_unix_ms)}</span>
          </>
        }
        actions={
          <Link className="button" href={addresses.run(at)}>
            Its run
          </Link>
        }
      />
      <EmptyState title={isRunning ? "It is being evaluated" : "It ended without a report"}>
        <p>
          {isRunning
            ? `Heard ${formatAgo(found.heartbeat_unix_ms, now)}. Score and rows are shown here as soon as all rows are answered.`
            : "The same command goes on where it stopped; rows that were answered are kept in its folder."}
        </p>
      </EmptyState>
    </>
  );
}
