// What the loop brought until this cycle: how many cycles reached a decision, and the score against its beginnings.
import type { Cycle } from "@/api/cycles";
import { ForestPlot } from "@/shared/figures";
import { formatNumber, formatShare } from "@/shared/format";

const references: Record<string, string> = {
  previous_cycle: "the champion of before",
  baseline: "what the first cycle started from",
};

export function LoopView({ found }: { found: Cycle }) {
  const { deltas, loop } = found;
  if (deltas.length === 0 && !loop) return null;
  const undefinedOnes = deltas.filter((delta) => delta.undefined_because);
  const known = deltas.filter((delta) => !delta.undefined_because);
  const metric = deltas[0]?.metric;
  return (
    <section aria-labelledby="loop">
      <h2 id="loop">What the loop brought</h2>
      {loop && (
        <p className="section-note">
          {formatShare(
            loop.completion.loop_completion_rate,
            loop.completion.decided,
            loop.completion.planned,
          )}{" "}
          of the planned cycles reached a decision;{" "}
          {formatShare(loop.completion.improved_rate, loop.completion.improved, loop.completion.decided)} of
          those were better.
        </p>
      )}
      {known.length > 0 && (
        <ForestPlot
          label={`Improvement of ${metric ?? "the primary score"} by this cycle's candidate`}
          what="Candidate against"
          unit="← worse · better →"
          guides={[0]}
          rows={known.map((delta) => ({
            id: delta.reference,
            label: references[delta.reference] ?? delta.reference,
            value: delta.improvement ?? null,
            interval: delta.improvement_interval95,
            n: delta.n ?? null,
          }))}
        />
      )}
      {undefinedOnes.map((delta) => (
        <p key={delta.reference} className="quiet">
          Against {references[delta.reference] ?? delta.reference}: {formatNumber(null)}, because{" "}
          {delta.undefined_because}
        </p>
      ))}
    </section>
  );
}
