// Collections of artifacts by type, the newest version of each.
import { useMemo } from "react";
import { Link } from "wouter";
import { useArtifacts, type Collection } from "@/api/artifacts";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, CopyLine, EmptyState, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { FigureTable, number } from "@/shared/figures";
import { formatBytes, formatCount, formatNumber, formatTime, nothing } from "@/shared/format";
import "@/shared/sections.css";
import "@/shared/figures/figures.css";
import "./artifacts.css";

export default function ArtifactsPage({ params }: PageProps) {
  const { entity = "", project = "" } = params;
  const at = useMemo(() => ({ entity, project }), [entity, project]);
  const query = useArtifacts(at);
  if (query.isPending) return <LoadingState label="Artifacts are coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const count = query.data.reduce((sum, type) => sum + type.collections.length, 0);
  return (
    <>
      <PageHeader
        kind="Page"
        title="Artifacts"
        facts={<span className="quiet">{formatCount(count, "collection")}</span>}
        from="runs that log them"
        usedBy="runs that use them"
      />
      {count === 0 ? (
        <EmptyState title="No artifacts yet">
          <p>A run logs one with the wandb client:</p>
          <CopyLine text="run.log_artifact('model.safetensors', name='model', type='model')" />
        </EmptyState>
      ) : (
        <div className="sections">
          {query.data.map((type) => (
            <section key={type.type} aria-label={`Artifacts of type ${type.type}`}>
              <h2>
                <bdi>{type.type}</bdi>
              </h2>
              <CollectionTable at={at} collections={type.collections} />
            </section>
          ))}
        </div>
      )}
    </>
  );
}

function CollectionTable({ at, collections }: { at: ProjectRef; collections: Collection[] }) {
  return (
    <FigureTable
      label={`Collections of ${collections[0]?.type ?? ""}`}
      headings={["Collection", "Newest", number("Versions"), number("Size"), number("Used by"), "Changed"]}
    >
      {collections.map((one) => (
        <tr key={one.name}>
          <th scope="row">
            {one.latest ? (
              <Link href={addresses.artifact(at, one.type, one.name, one.latest.version)}>
                <bdi>{one.name}</bdi>
              </Link>
            ) : (
              <bdi>{one.name}</bdi>
            )}
            {one.is_portfolio && <Badge>linked</Badge>}
            {one.description && <div className="quiet">{one.description}</div>}
          </th>
          <td>
            {one.latest?.version ?? nothing}{" "}
            {one.latest?.aliases.map((alias) => (
              <Badge key={alias}>{alias}</Badge>
            ))}
          </td>
          <td className="number">{formatNumber(one.versions)}</td>
          <td className="number">{formatBytes(one.latest?.size_bytes)}</td>
          <td className="number">{formatCount(one.latest?.used_by ?? 0, "run")}</td>
          <td className="whole">{formatTime(one.updated_unix_ms)}</td>
        </tr>
      ))}
    </FigureTable>
  );
}
