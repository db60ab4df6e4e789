// What the run was made from and what it made, as versions that the client kept.
import { Link } from "wouter";
import { useRunArtifacts, type RunArtifact } from "@/api/artifacts";
import { addresses } from "@/app/addresses";
import { Badge, EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatBytes, formatCount, formatNumber, formatTime, nothing } from "@/shared/format";
import { isKeptByClient } from "./lineageOf";
import type { TabProps } from "./view";

export function ArtifactsTab({ at }: TabProps) {
  const query = useRunArtifacts(at);
  if (query.isPending) return <LoadingState label="Artifacts are coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const { used, logged } = query.data;
  if (used.length + logged.length === 0)
    return (
      <EmptyState title="It used and made no artifacts">
        <p>
          What the script takes with <code>run.use_artifact</code> and keeps with{" "}
          <code>run.log_artifact</code> appears here.
        </p>
      </EmptyState>
    );
  const made = logged.filter((one) => !isKeptByClient(one.artifact));
  const kept = logged.filter((one) => isKeptByClient(one.artifact));
  return (
    <div className="run-artifacts">
      <Versions title="Used" none="It used none." versions={used} />
      <Versions title="Made" none="It made none." versions={made} />
      {kept.length > 0 && (
        <details>
          <summary>
            {formatCount(kept.length, "version")} of tables and code, kept by the client itself
          </summary>
          <Versions title="Kept by the client" none="" versions={kept} />
        </details>
      )}
    </div>
  );
}

const listedAtMost = 500;

function Versions({ title, none, versions }: { title: string; none: string; versions: RunArtifact[] }) {
  return (
    <section>
      <h2>
        {title} {versions.length > 0 && <small className="run-facts">{formatNumber(versions.length)}</small>}
      </h2>
      {versions.length === 0 ? (
        <p className="run-facts">{none}</p>
      ) : (
        <div className="run-artifacts-scroll" tabIndex={0} role="region" aria-label={`Artifacts: ${title}`}>
          <table className="run-config-table">
            <thead>
              <tr>
                <th scope="col">Version</th>
                <th scope="col">Type</th>
                <th scope="col">Aliases</th>
                <th scope="col">Size</th>
                <th scope="col">Used by</th>
                <th scope="col">Made</th>
              </tr>
            </thead>
            <tbody>
              {versions.slice(0, listedAtMost).map((one) => (
                <Version key={`${one.artifact.name}:${one.artifact.version}`} {...one} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {versions.length > listedAtMost && (
        <p className="run-facts">and {formatNumber(versions.length - listedAtMost)} more</p>
      )}
    </section>
  );
}

function Version({ artifact, version }: RunArtifact) {
  return (
    <tr>
      <th scope="row">
        <Link href={addresses.artifact(artifact, artifact.type, artifact.name, artifact.version)}>
          <bdi>
            {artifact.name}:{artifact.version}
          </bdi>
        </Link>
      </th>
      <td>
        <bdi>{artifact.type}</bdi>
      </td>
      <td>
        {version.aliases.length === 0
          ? nothing
          : version.aliases.map((alias) => <Badge key={alias}>{alias}</Badge>)}
      </td>
      <td>
        {formatBytes(version.size_bytes)} in {formatCount(version.files, "file")}
      </td>
      <td>{version.used_by === 0 ? nothing : formatCount(version.used_by, "run")}</td>
      <td>{formatTime(version.created_unix_ms)}</td>
    </tr>
  );
}
