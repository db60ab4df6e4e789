// All cycles: where each is, what it expected, what came out; and who is champion.
import { useMemo } from "react";
import { Link } from "wouter";
import { useChampions, useCycles, type CycleRow } from "@/api/cycles";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import {
  Badge,
  CopyLine,
  EmptyState,
  ErrorState,
  LoadingState,
  PageHeader,
  StateBadge,
} from "@/shared/components";
import { domainOf, FigureTable, IntervalMark, intervalText, number, plot } from "@/shared/figures";
import { formatCount, formatNumber, formatTime, nothing } from "@/shared/format";
import { Champions } from "./Champions";
import { outcomeTones, placeOf, roadNames, stateNames, stateTones } from "./states";
import "@/shared/sections.css";
import "./cycles.css";

export default function CyclesPage({ params }: PageProps) {
  const { entity = "", project = "" } = params;
  const at = useMemo(() => ({ entity, project }), [entity, project]);
  const query = useCycles(at);
  const champions = useChampions(at);
  if (query.isPending) return <LoadingState label="Cycles are coming" />;
  if (query.isError) return <ErrorState isPage error={query.error} onRetry={() => void query.refetch()} />;
  const { cycles, total } = query.data;
  const registries = champions.data ?? [];
  return (
    <>
      <PageHeader
        kind="Page"
        title="Cycles"
        facts={<span className="quiet">{formatCount(total, "cycle")}</span>}
        from="plan → data → train → evaluate → decide"
        usedBy="the champion, and the next plan"
      />
      {cycles.length === 0 && registries.length === 0 ? (
        <EmptyState title="No cycles yet">
          <p>
            A cycle plans one change, trains it, measures it and decides; it is resumed by running it again:
          </p>
          <CopyLine text="gradus cycle run TASK_DIR" />
        </EmptyState>
      ) : (
        <div className="sections">
          {cycles.length > 0 && <CycleTable at={at} cycles={cycles} />}
          {champions.isError && (
            <ErrorState error={champions.error} onRetry={() => void champions.refetch()} />
          )}
          {registries.map((registry) => (
            <Champions key={registry.run.name} at={at} registry={registry} />
          ))}
        </div>
      )}
    </>
  );
}

function CycleTable({ at, cycles }: { at: ProjectRef; cycles: CycleRow[] }) {
  const domain = domainOf([
    0,
    ...cycles.flatMap((cycle) => [cycle.improvement, ...(cycle.improvement_interval95 ?? [])]),
  ]);
  return (
    <section aria-labelledby="all-cycles">
      <h2 id="all-cycles">All cycles</h2>
      <FigureTable
        label="Table of all cycles"
        headings={[
          "Cycle",
          "Where it is",
          "What it changed",
          "Decision",
          number("Before → after"),
          plot("Improvement, 95 % interval"),
          "Expected",
        ]}
        className="cycle-table"
      >
        {cycles.map((cycle) => (
          <tr key={cycle.run.name}>
            <th scope="row">
              <Link href={addresses.projectPage(at, "cycles", cycle.run.name)}>
                {cycle.number === null || cycle.number === undefined
                  ? (cycle.run.display_name ?? cycle.run.name)
                  : `Cycle ${cycle.number}`}
              </Link>
              <div className="quiet small">{formatTime(cycle.run.created_unix_ms)}</div>
            </th>
            <td>
              <SmallRoad cycle={cycle} />
            </td>
            <td className="cycle-change">{cycle.change ?? nothing}</td>
            <td>
              {cycle.outcome ? (
                <Badge tone={outcomeTones[cycle.outcome] ?? "plain"}>{cycle.outcome}</Badge>
              ) : (
                nothing
              )}
              {cycle.verdict && <div className="quiet small">{cycle.verdict}</div>}
            </td>
            <td className="number">
              {formatNumber(cycle.before)} → {formatNumber(cycle.after)}
            </td>
            <td className="forest-plot">
              {domain && cycle.improvement !== null && cycle.improvement !== undefined ? (
                <IntervalMark
                  label={`Improvement ${formatNumber(cycle.improvement)}, ${intervalText(cycle.improvement_interval95)}, n = ${cycle.n}`}
                  value={cycle.improvement}
                  interval={cycle.improvement_interval95}
                  domain={domain}
                  guides={[0]}
                  tone={cycle.verdict === "better" ? "good" : cycle.verdict === "worse" ? "bad" : "muted"}
                />
              ) : (
                nothing
              )}
            </td>
            <td>
              {cycle.expectation ? (
                <Badge tone={stateTones[cycle.expectation] ?? "plain"}>
                  {cycle.expectation.replaceAll("_", " ")}
                </Badge>
              ) : (
                nothing
              )}
            </td>
          </tr>
        ))}
      </FigureTable>
    </section>
  );
}

/** How far it got, as dots; the words say the same. */
function SmallRoad({ cycle }: { cycle: CycleRow }) {
  const reached = cycle.next ? roadNames.indexOf(placeOf(cycle.next)) : cycle.state ? roadNames.length : 0;
  return (
    <>
      <span className="small-road" aria-hidden="true">
        {roadNames.map((state, place) => (
          <span key={state} data-stand={place < reached ? "done" : place === reached ? "now" : "ahead"} />
        ))}
      </span>
      {cycle.state ? stateNames[cycle.state] : nothing}
      {cycle.run.state !== "finished" && (
        <div>
          <StateBadge state={cycle.run.state} />
        </div>
      )}
      {cycle.next && <div className="quiet small">next: {stateNames[cycle.next].toLowerCase()}</div>}
    </>
  );
}
