import { useCheckStore, useRebuildStore } from "@/api/store";
import type { Viewer } from "@/api/types";
import { useHealth } from "@/api/viewer";
import { Button, ErrorState, Skeleton } from "@/shared/components";
import { formatBytes, formatCount, formatNumber } from "@/shared/format";
import { Section } from "./Section";

/** How the server is, what its last start found, and what looks after its store. */
export function ServerState({ viewer }: { viewer: Viewer }) {
  const health = useHealth();
  if (health.isPending) return <Skeleton height={120} />;
  if (health.isError)
    return (
      <Section title="Server">
        <ErrorState error={health.error} onRetry={() => void health.refetch()} />
      </Section>
    );
  const { version, runs, projects, store_bytes: bytes, recovery } = health.data;
  const isWhole = recovery.cut_bytes === 0 && recovery.removed_files === 0;
  return (
    <Section title="Server" actions={<Button onClick={() => void health.refetch()}>Look again</Button>}>
      <dl className="setting-facts">
        <div>
          <dt>Version</dt>
          <dd>gradus {version}</dd>
        </div>
        <div>
          <dt>Stored</dt>
          <dd>
            {formatCount(projects, "project")}, {formatCount(runs, "run")}
          </dd>
        </div>
        <div>
          <dt>On disk</dt>
          <dd>{viewer.is_admin ? formatBytes(bytes) : "only administrators see it"}</dd>
        </div>
        <div>
          <dt>Last start</dt>
          <dd>
            {recovery.records === 0 && isWhole
              ? "found everything in order"
              : `took ${formatCount(recovery.records, "record")} from the log`}
            {recovery.cut_bytes > 0 &&
              `; cut ${formatBytes(recovery.cut_bytes)} of a torn end${recovery.cut_reason ? ` (${recovery.cut_reason})` : ""}`}
            {recovery.removed_files > 0 &&
              `; removed ${formatCount(recovery.removed_files, "unfinished file")}`}
          </dd>
        </div>
      </dl>
      {viewer.is_admin && !viewer.is_read_only && <Upkeep />}
    </Section>
  );
}

function Upkeep() {
  const check = useCheckStore();
  const rebuild = useRebuildStore();
  const error = check.error ?? rebuild.error;
  return (
    <>
      <div className="setting-form">
        <Button disabled={check.isPending} onClick={() => check.mutate()}>
          {check.isPending ? "Reading all that is stored…" : "Check the store"}
        </Button>
        <Button disabled={rebuild.isPending} onClick={() => rebuild.mutate()}>
          {rebuild.isPending ? "Making the catalogue anew…" : "Rebuild the catalogue"}
        </Button>
        <span className="quiet">
          Checking reads and compares everything; the catalogue is derived from log and segments. Both leave
          runs alone.
        </span>
      </div>
      <div role="status">
        {check.data && (
          <p>
            {check.data.problems.length === 0
              ? "The store is whole: "
              : `${formatCount(check.data.problems.length, "problem")}: `}
            {formatCount(check.data.rows, "row")} in {formatCount(check.data.segments, "segment")},{" "}
            {formatCount(check.data.log_records, "log record")}, {formatCount(check.data.blobs, "blob")} (
            {formatNumber(check.data.unlinked_blobs)} of them belong to nothing).
          </p>
        )}
        {rebuild.isSuccess && <p>The catalogue is made anew.</p>}
      </div>
      {check.data && check.data.problems.length > 0 && (
        <ul className="setting-problem">
          {check.data.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      )}
      {error && (
        <p className="setting-problem" role="alert">
          {error.message}
        </p>
      )}
    </>
  );
}
