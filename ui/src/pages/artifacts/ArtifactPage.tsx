// One version: what it holds, its names, where it came from and what came of it.
import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { prefix } from "@/api/client";
import { useArtifact, useVersions, type Artifact, type VersionRef } from "@/api/artifacts";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { CopyLine, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { FigureTable, number } from "@/shared/figures";
import { formatBytes, formatCount, formatNumber, formatTime, formatValue, nothing } from "@/shared/format";
import { hrefOf } from "@/shared/fileAddress";
import { Labels } from "./Labels";
import { Lineage } from "./Lineage";
import "@/shared/sections.css";
import "@/shared/figures/figures.css";
import "./artifacts.css";

export default function ArtifactPage({ params }: PageProps) {
  const { entity = "", project = "", type = "", name = "", version = "" } = params;
  const at = useMemo(
    () => ({ entity, project, type, name, version }),
    [entity, project, type, name, version],
  );
  const query = useArtifact(at);
  if (query.isPending) return <LoadingState label="The artifact is coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <OneVersion at={at} found={query.data} />;
}

function OneVersion({ at, found }: { at: VersionRef; found: Artifact }) {
  const { version } = found;
  const metadata = Object.entries(found.metadata ?? {});
  return (
    <>
      <PageHeader
        kind="Artifact"
        title={`${found.name}:${version.version}`}
        facts={
          <span className="quiet">
            <bdi>{found.type}</bdi>, {formatCount(version.files, "file")}, {formatBytes(version.size_bytes)},{" "}
            {formatTime(version.created_unix_ms)}
          </span>
        }
        from={
          found.made_by.length === 0
            ? nothing
            : found.made_by.map((run) => (
                <Link key={run.name} href={addresses.run({ ...run, run: run.name })}>
                  {run.display_name || run.name}{" "}
                </Link>
              ))
        }
        usedBy={found.used_by.length === 0 ? "no run yet" : formatCount(found.used_by.length, "run")}
        actions={<VersionPicker at={at} chosen={version.version} />}
      />
      <div className="sections">
        <div className="section-pair">
          <section aria-labelledby="about">
            <h2 id="about">Names</h2>
            <Labels at={{ ...at, version: version.version }} found={found} />
            {version.description && <p>{version.description}</p>}
            <p className="quiet">
              Digest <code>{version.digest}</code>
            </p>
            <CopyLine
              text={`run.use_artifact(${JSON.stringify(`${found.name}:${version.version}`)}).download()`}
            />
          </section>
          <section aria-labelledby="metadata">
            <h2 id="metadata">Metadata</h2>
            {metadata.length === 0 && <p className="quiet">None.</p>}
            <dl className="facts">
              {metadata.map(([key, value]) => (
                <Fact key={key} name={key} value={formatValue(value)} />
              ))}
            </dl>
          </section>
        </div>
        <Lineage found={found} />
        <Files found={found} />
      </div>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function VersionPicker({ at, chosen }: { at: VersionRef; chosen: string }) {
  const [, navigate] = useLocation();
  const versions = useVersions(at).data?.versions ?? [];
  return (
    <label>
      <span className="hidden-text">Version</span>
      <select
        value={chosen}
        onChange={(event) => navigate(addresses.artifact(at, at.type, at.name, event.target.value))}
      >
        {!versions.some((one) => one.version === chosen) && <option>{chosen}</option>}
        {versions.map((one) => (
          <option key={one.version} value={one.version}>
            {[one.version, ...one.aliases].join(" · ")}
          </option>
        ))}
      </select>
    </label>
  );
}

function Files({ found }: { found: Artifact }) {
  return (
    <section aria-labelledby="files">
      <h2 id="files">
        Files{" "}
        {found.files.length < found.total_files && (
          <span className="quiet">
            the first {formatNumber(found.files.length)} of {formatNumber(found.total_files)}
          </span>
        )}
      </h2>
      <FigureTable label="Table of files" headings={["Path", number("Size"), "Digest"]}>
        {found.files.map((file) => (
          <tr key={file.path}>
            <th scope="row">
              {file.url ? (
                <a href={hrefOf(prefix, file.url)} download>
                  <bdi>{file.path}</bdi>
                </a>
              ) : (
                <bdi>{file.path}</bdi>
              )}
              {file.reference && <div className="quiet">{file.reference}</div>}
            </th>
            <td className="number">{formatBytes(file.size_bytes)}</td>
            <td>
              <code>{file.digest.slice(0, 24)}</code>
            </td>
          </tr>
        ))}
      </FigureTable>
    </section>
  );
}
