// What stands beside the difference: what these rows can show, what else differs, the other metrics.
import type { Comparison } from "@/api/evaluations";
import { ModelName } from "@/shared/components";
import { FigureTable, intervalText, number } from "@/shared/figures";
import { formatCount, formatNumber, nothing } from "@/shared/format";
import { signed } from "./words";

export function Power({ comparison }: { comparison: Comparison }) {
  const { power, noise_floor: noise } = comparison;
  return (
    <section aria-labelledby="power">
      <h2 id="power">What these rows can show</h2>
      <dl className="facts">
        <dt>Smallest detectable effect</dt>
        <dd>
          {power
            ? `an improvement of ${formatNumber(power.detectable_improvement)} ends as “better” four times out of five`
            : nothing}
        </dd>
        <dt>Rows for a verdict</dt>
        <dd>
          {power?.rows_needed
            ? `${formatNumber(power.rows_needed)}, if the true difference is the one seen here${
                power.rows_needed_for ? ` (${power.rows_needed_for})` : ""
              }`
            : nothing}
        </dd>
        <dt>Noise of the seed</dt>
        <dd>
          {noise
            ? `${formatNumber(noise.floor)} over ${formatCount(noise.n_runs, "run")}; less than that is chance`
            : `${nothing} (needs runs of the same recipe with other seeds)`}
        </dd>
        <dt>On rows valid in both</dt>
        <dd>
          {comparison.common_valid
            ? `${signed(comparison.common_valid.improvement)} (${intervalText(comparison.common_valid.improvement_interval95)}), n = ${formatNumber(comparison.common_valid.n)}`
            : nothing}
        </dd>
      </dl>
    </section>
  );
}

export function Differences({ comparison }: { comparison: Comparison }) {
  return (
    <section aria-labelledby="differs">
      <h2 id="differs">What else differs</h2>
      {comparison.differences.length === 0 ? (
        <p className="quiet">Nothing but the answers.</p>
      ) : (
        <dl className="facts">
          {comparison.differences.map((one) => (
            <Differs key={one.field} {...one} />
          ))}
        </dl>
      )}
    </section>
  );
}

function Differs({ field, base, candidate }: { field: string; base: string; candidate: string }) {
  return (
    <>
      <dt>{field}</dt>
      <dd>
        <Side text={base} /> → <Side text={candidate} />
      </dd>
    </>
  );
}

/** Hashes are cut, models short; the whole is there when the pointer rests on it. */
function Side({ text }: { text: string }) {
  if (/^[0-9a-f]{40,}$/.test(text)) return <code title={text}>{text.slice(0, 12)}</code>;
  return <ModelName model={text} />;
}

export function OtherMetrics({ comparison }: { comparison: Comparison }) {
  const effects = Object.entries(comparison.effects).filter(([name]) => name !== comparison.metric);
  if (effects.length === 0) return null;
  return (
    <section aria-labelledby="other-metrics">
      <h2 id="other-metrics">Other metrics</h2>
      <FigureTable
        label="Table of other metrics"
        headings={["Metric", ...["Base", "Candidate", "Improvement", "95 % interval", "n"].map(number)]}
      >
        {effects.map(([name, effect]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number">{formatNumber(effect.base)}</td>
            <td className="number">{formatNumber(effect.candidate)}</td>
            <td className="number">{signed(effect.improvement)}</td>
            <td className="number">{intervalText(effect.improvement_interval95)}</td>
            <td className="number">{formatNumber(effect.n)}</td>
          </tr>
        ))}
      </FigureTable>
    </section>
  );
}
