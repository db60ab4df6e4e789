import { formatNumber } from "@/shared/format";
import type { HistogramValue } from "./values";

const heightPx = 150;

/** Counts that the client made: bars from edge to edge, so that bins of unequal width look it. */
export function CountBars({ label, edges, counts }: HistogramValue & { label: string }) {
  const [first, last] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const width = last - first || 1;
  const most = Math.max(1, ...counts);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const told = `${label}: ${formatNumber(total)} values from ${formatNumber(first)} to ${formatNumber(last)}; the fullest of ${counts.length} bins has ${formatNumber(most)}`;
  return (
    <div className="count-bars" role="img" aria-label={told}>
      <svg height={heightPx} width="100%">
        {counts.map((count, at) => {
          const [from, to] = [edges[at] ?? first, edges[at + 1] ?? last];
          const barPx = count === 0 ? 0 : Math.max(2, (count / most) * (heightPx - 4));
          return (
            <rect
              key={at}
              x={`${((from - first) / width) * 100}%`}
              width={`${Math.max(0, ((to - from) / width) * 100 - 0.2)}%`}
              y={heightPx - barPx}
              height={barPx}
            >
              <title>{`${formatNumber(from)} to ${formatNumber(to)}: ${formatNumber(count)}`}</title>
            </rect>
          );
        })}
      </svg>
      <div className="count-bars-ends" aria-hidden="true">
        <span>{formatNumber(first)}</span>
        <span>{formatNumber(total)} values</span>
        <span>{formatNumber(last)}</span>
      </div>
    </div>
  );
}
