// Where a version came from and what came of it: five columns from left to right, all of them links.
import type { ReactNode } from "react";
import { Link } from "wouter";
import type { Artifact, ArtifactReference } from "@/api/artifacts";
import { addresses } from "@/app/addresses";

type Run = Artifact["made_by"][number];

export function Lineage({ found }: { found: Artifact }) {
  const columns: [string, ReactNode[]][] = [
    ["Made from", found.made_from.map(artifactNode)],
    ["By run", found.made_by.map(runNode)],
    [
      "This version",
      [
        <b key="this" className="lineage-node" data-own="true">
          {found.name}:{found.version.version}
        </b>,
      ],
    ],
    ["Used by run", found.used_by.map(runNode)],
    ["Led to", found.led_to.map(artifactNode)],
  ];
  return (
    <section aria-labelledby="lineage">
      <h2 id="lineage">Lineage</h2>
      <ol className="lineage">
        {columns.map(([title, nodes]) => (
          <li key={title}>
            <span className="quiet">{title}</span>
            {nodes.length === 0 ? <span className="quiet">–</span> : nodes}
          </li>
        ))}
      </ol>
    </section>
  );
}

function artifactNode(one: ArtifactReference) {
  return (
    <Link
      key={`${one.entity}/${one.project}/${one.name}:${one.version}`}
      className="lineage-node"
      href={addresses.artifact(one, one.type, one.name, one.version)}
    >
      {one.name}:{one.version}
    </Link>
  );
}

function runNode(run: Run) {
  return (
    <Link
      key={`${run.entity}/${run.project}/${run.name}`}
      className="lineage-node"
      data-kind="run"
      href={addresses.run({ ...run, run: run.name })}
    >
      {run.display_name || run.name}
    </Link>
  );
}
