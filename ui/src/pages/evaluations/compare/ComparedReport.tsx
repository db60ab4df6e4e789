// A fair comparison: verdict, difference, flips, strata, baselines, what these rows could have shown.
import { Link } from "wouter";
import type { ComparedCandidate, Comparison } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { ModelName } from "@/shared/components";
import { FigureTable, ForestPlot, intervalText, number, NumberLine } from "@/shared/figures";
import { formatCount, formatNumber, nothing } from "@/shared/format";
import { evaluationAddress } from "../places";
import type { CompareView, SetCompareView } from "./ComparePage";
import { Flips } from "./Flips";
import { PairedRows } from "./PairedRows";
import { Differences, OtherMetrics, Power } from "./Beyond";
import { markTones, methodName, pText, signed, verdictSentence } from "./words";

interface ComparedProps {
  at: ProjectRef;
  compared: ComparedCandidate;
  comparison: Comparison;
  view: CompareView;
  setView: SetCompareView;
}

export function ComparedReport({ at, compared, comparison, view, setView }: ComparedProps) {
  return (
    <div className="sections">
      <Verdict comparison={comparison} />
      <Difference comparison={comparison} />
      <Flips comparison={comparison} onChoose={(kind) => setView({ kind, row: null })} />
      <PairedRows
        at={at}
        base={view.base ?? ""}
        candidate={compared.run.name}
        comparison={comparison}
        view={view}
        setView={setView}
      />
      <div className="section-pair">
        <Strata comparison={comparison} />
        <Baselines compared={compared} comparison={comparison} />
      </div>
      <div className="section-pair">
        <Power comparison={comparison} />
        <Differences comparison={comparison} />
      </div>
      <OtherMetrics comparison={comparison} />
    </div>
  );
}

function Verdict({ comparison }: { comparison: Comparison }) {
  return (
    <section className="verdict" data-verdict={comparison.verdict} aria-labelledby="verdict">
      <h2 id="verdict">
        <span className="verdict-word">{comparison.verdict}</span> {verdictSentence(comparison)}
      </h2>
      <ul className="reasons">
        {comparison.reasons.map((reason, place) => (
          <li key={place}>{reason}</li>
        ))}
      </ul>
      <p className="quiet">
        May be compared: {formatCount(comparison.rows_compared, "row")} answered by both, the same rows,
        prompt, contract and scale.
      </p>
    </section>
  );
}

function Difference({ comparison }: { comparison: Comparison }) {
  const effect = comparison.primary;
  if (!effect) return null;
  return (
    <section aria-labelledby="difference">
      <h2 id="difference">
        Improvement of {comparison.metric} (candidate against base, better to the right)
      </h2>
      <dl className="headline">
        <div>
          <dt>
            Base <ModelName model={comparison.base.model} />
          </dt>
          <dd>{formatNumber(effect.base)}</dd>
        </div>
        <div>
          <dt>
            Candidate <ModelName model={comparison.candidate.model} />
          </dt>
          <dd>{formatNumber(effect.candidate)}</dd>
        </div>
        <div>
          <dt>Improvement, 95 % interval</dt>
          <dd>
            {signed(effect.improvement)} <small>{intervalText(effect.improvement_interval95)}</small>
          </dd>
        </div>
        <div>
          <dt>n, changed</dt>
          <dd>
            {formatNumber(effect.n)} <small>{formatNumber(effect.n_changed)} differ</small>
          </dd>
        </div>
      </dl>
      <NumberLine
        label={`Improvement of ${comparison.metric}`}
        value={effect.improvement}
        interval={effect.improvement_interval95}
        margin={comparison.margin}
        unit={comparison.metric}
        left="candidate worse"
        right="candidate better"
        tone={markTones[comparison.verdict]}
      />
      <p className="section-note">
        {methodName(effect.method)}, {formatNumber(comparison.resamples)} resamples, seed{" "}
        {formatNumber(comparison.seed)}; p{" "}
        {effect.p_value === null || effect.p_value === undefined ? nothing : pText(effect.p_value)}{" "}
        (two-sided, of no difference).
      </p>
    </section>
  );
}

function Strata({ comparison }: { comparison: Comparison }) {
  const strata = Object.entries(comparison.strata);
  if (strata.length === 0) return null;
  const { margin } = comparison;
  return (
    <section aria-labelledby="strata">
      <h2 id="strata">Improvement per stratum</h2>
      <ForestPlot
        label={`Improvement of ${comparison.metric} per stratum`}
        what="Stratum"
        unit="← worse · better →"
        guides={[0]}
        band={margin > 0 ? { min: -margin, max: margin } : null}
        hasNotes
        rows={strata
          .sort(([, a], [, b]) => a.effect.improvement - b.effect.improvement)
          .map(([name, stratum]) => ({
            id: name,
            label: name,
            value: stratum.effect.improvement,
            interval: stratum.effect.improvement_interval95,
            n: stratum.effect.n,
            tone: stratum.regressed ? ("bad" as const) : ("accent" as const),
            note: stratum.regressed ? (
              <span className="bad-text">regressed, p {pText(stratum.p_holm)}</span>
            ) : (
              <span className="quiet">p {pText(stratum.p_holm)}</span>
            ),
          }))}
      />
      <p className="section-note">
        p-values are corrected (Holm) for {formatCount(strata.length, "stratum", "strata")}.
      </p>
    </section>
  );
}

function Baselines({ compared, comparison }: { compared: ComparedCandidate; comparison: Comparison }) {
  const skills = Object.entries(comparison.skill);
  return (
    <section aria-labelledby="skill">
      <h2 id="skill">Against baselines</h2>
      {skills.length === 0 ? (
        <p className="quiet">
          No baseline was evaluated on these rows: <code>gradus eval TASK_DIR --model constant</code> gives
          one.
        </p>
      ) : (
        <FigureTable
          label="Skill against baselines"
          headings={[
            "Reference",
            ...[
              `Its ${comparison.metric}`,
              "Skill of base",
              "Skill of candidate",
              "Candidate − reference",
            ].map(number),
          ]}
        >
          {skills.map(([name, skill]) => (
            <tr key={name}>
              <th scope="row">
                <ModelName model={name} />
              </th>
              <td className="number">{formatNumber(skill.reference)}</td>
              <td className="number">{formatNumber(skill.base, 3)}</td>
              <td className="number">{formatNumber(skill.candidate, 3)}</td>
              <td className="number">
                {skill.effect
                  ? `${signed(skill.effect.improvement)} (${intervalText(skill.effect.improvement_interval95)})`
                  : nothing}
              </td>
            </tr>
          ))}
        </FigureTable>
      )}
      <p className="section-note">
        0 is as good as the reference, 1 is perfect, below 0 is worse.
        {compared.references.length > 0 && " Measured against "}
        {compared.references.map((run, place) => (
          <span key={run.name}>
            {place > 0 && ", "}
            <Link href={evaluationAddress(run)}>{run.display_name ?? run.name}</Link>
          </span>
        ))}
      </p>
    </section>
  );
}
