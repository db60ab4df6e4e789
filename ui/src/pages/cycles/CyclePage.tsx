// One cycle from top to bottom: where it is, what was planned, what was changed, what came out, the evidence.
import { useMemo } from "react";
import { Link } from "wouter";
import { useCycle, type Cycle } from "@/api/cycles";
import type { RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, ErrorState, LoadingState, ModelName, PageHeader, StateBadge } from "@/shared/components";
import { formatTime, nothing } from "@/shared/format";
import { DataChanges } from "./DataChanges";
import { DecisionView } from "./DecisionView";
import { Evidence } from "./Evidence";
import { LoopView } from "./LoopView";
import { LossCurve } from "./LossCurve";
import { Parts } from "./Parts";
import { PlanView } from "./PlanView";
import { Road } from "./Road";
import { outcomeTones } from "./states";
import "@/shared/sections.css";
import "./cycles.css";

export default function CyclePage({ params }: PageProps) {
  const { entity = "", project = "", run = "" } = params;
  const at = useMemo(() => ({ entity, project, run }), [entity, project, run]);
  const query = useCycle(at);
  if (query.isPending) return <LoadingState label="The cycle is coming" />;
  if (query.isError) return <ErrorState isPage error={query.error} onRetry={() => void query.refetch()} />;
  return <OneCycle at={at} found={query.data} />;
}

function OneCycle({ at, found }: { at: RunRef; found: Cycle }) {
  const { cycle, parts } = found;
  const title = cycle.number === null || cycle.number === undefined ? "Cycle" : `Cycle ${cycle.number}`;
  const training = parts["training"];
  return (
    <>
      <PageHeader
        kind="Cycle"
        title={cycle.task ? `${title} of ${cycle.task}` : title}
        facts={
          <>
            {cycle.run.state !== "finished" && <StateBadge state={cycle.run.state} />}
            {cycle.outcome && <Badge tone={outcomeTones[cycle.outcome] ?? "plain"}>{cycle.outcome}</Badge>}
            {cycle.verdict && <Badge>{cycle.verdict}</Badge>}
            <span className="quiet">{formatTime(cycle.run.created_unix_ms)}</span>
          </>
        }
        from={
          <>
            champion {cycle.champion ? <ModelName model={cycle.champion} /> : nothing}
            {found.seed !== null && found.seed !== undefined && `, seed ${found.seed}`}
          </>
        }
        usedBy={
          found.settled_champion ? (
            <>
              champion after it: <ModelName model={found.settled_champion} />
            </>
          ) : (
            "nothing yet"
          )
        }
        actions={
          <Link className="button" href={addresses.run(at)}>
            Its run
          </Link>
        }
      />
      {cycle.problems.map((problem) => (
        <p key={problem} className="problem" role="note">
          {problem}
        </p>
      ))}
      <div className="sections">
        <Road found={found} />
        <DecisionView found={found} />
        <PlanView found={found} />
        <DataChanges found={found} />
        {training && (
          <LossCurve run={{ entity: training.entity, project: training.project, run: training.name }} />
        )}
        <LoopView found={found} />
        <Parts found={found} />
        <Evidence at={at} found={found} />
      </div>
    </>
  );
}
