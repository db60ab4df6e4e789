// Rows that turned: better, worse, mended, broken.
import type { Comparison } from "@/api/evaluations";
import { formatNumber, formatShare } from "@/shared/format";
import type { CompareView } from "./ComparePage";

interface FlipsProps {
  comparison: Comparison;
  onChoose: (kind: CompareView["kind"]) => void;
}

export function Flips({ comparison, onChoose }: FlipsProps) {
  const { flips, rows_compared: whole } = comparison;
  const parts = [
    { kind: "lost", label: "worse", count: flips.n_worse },
    { kind: null, label: "the same", count: flips.n_equal },
    { kind: "gained", label: "better", count: flips.n_better },
  ] as const;
  return (
    <section aria-labelledby="flips">
      <h2 id="flips">Rows that changed</h2>
      <div className="flip-bar" aria-hidden="true">
        {parts.map((part) => (
          <span key={part.label} data-kind={part.label} style={{ flexGrow: part.count }} />
        ))}
      </div>
      <p className="flip-counts">
        {parts.map((part) => (
          <span key={part.label} data-kind={part.label}>
            {part.kind === null ? (
              part.label
            ) : (
              <button type="button" className="link" onClick={() => onChoose(part.kind)}>
                {part.label}
              </button>
            )}{" "}
            {formatShare(whole === 0 ? null : part.count / whole, part.count, whole)}
          </span>
        ))}
        <span className="quiet">
          newly valid {formatNumber(flips.n_mended)}, newly invalid {formatNumber(flips.n_broke)}
        </span>
      </p>
    </section>
  );
}
