// What was decided and by what: reasons with the rows they cite, the difference, each gate, expected against seen.
import { Link } from "wouter";
import type { Cycle, Gate } from "@/api/cycles";
import { Badge } from "@/shared/components";
import { FigureTable, intervalText, number, NumberLine } from "@/shared/figures";
import { formatNumber, formatShare, nothing } from "@/shared/format";
import { Confronted } from "./Confronted";
import { compareAddress, rowAddress } from "./places";
import { outcomeTones, stateTones } from "./states";

export function DecisionView({ found }: { found: Cycle }) {
  const linked = found.decision;
  if (!linked)
    return (
      <section aria-labelledby="decision">
        <h2 id="decision">Decision</h2>
        <p className="quiet">Not decided yet.</p>
      </section>
    );
  const { decision } = linked;
  const isCompared = found.comparison?.verdict !== "refused";
  const arms = { base: isCompared ? linked.base_evaluation : null, candidate: linked.candidate_evaluation };
  return (
    <section className="decision" data-outcome={decision.outcome} aria-labelledby="decision">
      <h2 id="decision">
        Decision <Badge tone={outcomeTones[decision.outcome] ?? "plain"}>{decision.outcome}</Badge>{" "}
        <span className="quiet">verdict {decision.verdict}</span>
      </h2>
      <ul className="reasons">
        {decision.reasons.map((reason, place) => (
          <li key={place}>
            {reason.text}
            {(reason.rows ?? []).length > 0 && (
              <span className="cited">
                {" "}
                rows{" "}
                {(reason.rows ?? []).slice(0, 12).map((row) => (
                  <CitedRow key={row} row={row} href={rowAddress(arms, row)} />
                ))}
                {(reason.rows ?? []).length > 12 &&
                  ` and ${formatNumber((reason.rows ?? []).length - 12)} more`}
              </span>
            )}
          </li>
        ))}
      </ul>
      <Difference found={found} />
      <Confronted confrontations={found.confrontations} />
      <Gates gates={decision.gates} />
      {decision.frozen_budget && (
        <p className="section-note">
          Looks at the frozen set: {formatNumber(decision.frozen_budget.looks_used)} of{" "}
          {formatNumber(decision.frozen_budget.looks_allowed)} used,{" "}
          {formatNumber(decision.frozen_budget.looks_left)} left; chance of a false promotion at most{" "}
          {formatShare(decision.frozen_budget.chance_of_false_promotion)}.
        </p>
      )}
    </section>
  );
}

function CitedRow({ row, href }: { row: string; href: string | null }) {
  if (href === null) return <code>{row} </code>;
  return (
    <>
      <Link href={href}>
        <bdi>{row}</bdi>
      </Link>{" "}
    </>
  );
}

function Difference({ found }: { found: Cycle }) {
  const { comparison, decision } = found;
  if (!comparison) return null;
  if (comparison.verdict === "refused")
    return (
      <ul className="reasons">
        {comparison.refusals.map((refusal, place) => (
          <li key={place} className="bad-text">
            {refusal.text}
          </li>
        ))}
      </ul>
    );
  const effect = comparison.primary;
  if (!effect) return null;
  const whole = compareAddress(decision?.base_evaluation, decision?.candidate_evaluation);
  return (
    <>
      <h3>
        {comparison.metric}: {formatNumber(effect.base)} → {formatNumber(effect.candidate)}, improvement{" "}
        {formatNumber(effect.improvement)} ({intervalText(effect.improvement_interval95)}), n ={" "}
        {formatNumber(effect.n)}
      </h3>
      <NumberLine
        label={`Improvement of ${comparison.metric}`}
        value={effect.improvement}
        interval={effect.improvement_interval95}
        margin={comparison.margin}
        unit={comparison.metric}
        left="candidate worse"
        right="candidate better"
        tone={comparison.verdict === "better" ? "good" : comparison.verdict === "worse" ? "bad" : "muted"}
      />
      {whole !== null && (
        <p>
          <Link href={whole}>The whole comparison, row by row</Link>
        </p>
      )}
    </>
  );
}

function Gates({ gates }: { gates: Gate[] }) {
  if (gates.length === 0) return null;
  return (
    <FigureTable
      label="Gates"
      headings={["Gate", "Stage", "Outcome", number("Value"), number("Limit"), number("n")]}
      className="gate-table"
    >
      {gates.map((gate, place) => (
        <tr key={place}>
          <th scope="row">
            {gate.text}
            {gate.stratum && <span className="quiet"> ({gate.stratum})</span>}
          </th>
          <td>{gate.stage.replaceAll("_", " ")}</td>
          <td>
            <Badge tone={stateTones[gate.state] ?? "plain"}>{gate.state}</Badge>
          </td>
          <td className="number">{formatNumber(gate.value)}</td>
          <td className="number">{gate.limit === undefined ? nothing : formatNumber(gate.limit)}</td>
          <td className="number">{formatNumber(gate.n)}</td>
        </tr>
      ))}
    </FigureTable>
  );
}
