// One cycle from top to bottom: where it is, what was planned, what was changed, what came out, the evidence.
import { useMemo } from "react";
import { Link } from "wouter";
import { useCycle, type Cycle } from "@/api/cycles";
import type { RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { formatDuration, formatTime, nothing } from "@/shared/format";
import { evaluationOf } from "./Champions";
import { DataChanges } from "./DataChanges";
import { DecisionView } from "./DecisionView";
import { Evidence } from "./Evidence";
import { LossCurve } from "./LossCurve";
import { PlanView } from "./PlanView";
import { outcomeTones, roadOf } from "./states";
import "@/shared/sections.css";
import "./cycles.css";

export default function CyclePage({ params }: PageProps) {
  const { entity = "", project = "", run = "" } = params;
  const at = useMemo(() => ({ entity, project, run }), [entity, project, run]);
  const query = useCycle(at);
  if (query.isPending) return <LoadingState label="The cycle is coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
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
            {cycle.outcome && <Badge tone={outcomeTones[cycle.outcome] ?? "plain"}>{cycle.outcome}</Badge>}
            {cycle.verdict && <Badge>{cycle.verdict}</Badge>}
            <span className="quiet">{formatTime(cycle.run.created_unix_ms)}</span>
          </>
        }
        from={
          <>
            champion <bdi>{cycle.champion ?? nothing}</bdi>
            {found.seed !== null && found.seed !== undefined && `, seed ${found.seed}`}
          </>
        }
        usedBy={
          found.settled_champion ? (
            <>
              champion after it: <bdi>{found.settled_champion}</bdi>
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
        <Parts found={found} />
        <Evidence at={at} found={found} />
      </div>
    </>
  );
}

function Road({ found }: { found: Cycle }) {
  return (
    <section aria-labelledby="road">
      <h2 id="road" className="hidden-text">
        Where it is
      </h2>
      <ol className="road">
        {roadOf(found.steps, found.cycle.next).map((one) => (
          <li
            key={one.state}
            data-stand={one.stand}
            {...(one.stand === "now" ? { "aria-current": "step" as const } : {})}
          >
            <span className="road-dot" aria-hidden="true">
              {one.stand === "done" ? "✓" : ""}
            </span>
            <b>{one.name}</b>
            <span className="quiet small">
              {one.stand === "done"
                ? formatTime(one.step?.finished_unix_ms)
                : one.stand === "now"
                  ? "next"
                  : "not yet"}
            </span>
            {one.step?.took_secs !== null && one.step?.took_secs !== undefined && (
              <span className="quiet small">took {formatDuration(one.step.took_secs)}</span>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Runs that belong to it: evaluations on dev and frozen rows, the training. */
function Parts({ found }: { found: Cycle }) {
  const parts = Object.entries(found.parts);
  if (parts.length === 0) return null;
  return (
    <section aria-labelledby="parts">
      <h2 id="parts">Its evaluations and training</h2>
      <ul className="part-list">
        {parts.map(([part, run]) => (
          <li key={part}>
            <Link
              href={
                part === "training"
                  ? addresses.run({ entity: run.entity, project: run.project, run: run.name })
                  : evaluationOf(run)
              }
            >
              {part}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
