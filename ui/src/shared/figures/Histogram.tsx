// How values are spread: bars of equal width, with the least and the greatest below.
import { formatCount, formatNumber } from "@/shared/format";
import { binsOf } from "./scale";
import "./figures.css";

export interface HistogramProps {
  label: string;
  values: number[];
  format: (value: number) => string;
  wanted?: number;
}

const heightPx = 90;

export function Histogram({ label, values, format, wanted = 24 }: HistogramProps) {
  const bins = binsOf(values, wanted);
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  const [first, last] = [bins[0], bins.at(-1)];
  if (!first || !last) return <p className="figure-nothing">No values.</p>;
  const busiest = bins.reduce((best, bin) => (bin.count > best.count ? bin : best), first);
  const told = `${label}: ${formatCount(values.length, "value")} from ${format(first.from)} to ${format(last.to)}; most, ${formatNumber(busiest.count)}, lie between ${format(busiest.from)} and ${format(busiest.to)}`;
  return (
    <figure className="histogram" role="img" aria-label={told}>
      <svg height={heightPx} className="figure-mark" data-tone="accent">
        {bins.map((bin, at) => {
          const barPx = bin.count === 0 ? 0 : Math.max(2, (bin.count / most) * (heightPx - 4));
          return (
            <rect
              key={at}
              className="figure-bar"
              x={`${(at / bins.length) * 100}%`}
              width={`${(1 / bins.length) * 100 - 0.6}%`}
              y={heightPx - barPx}
              height={barPx}
            >
              <title>{`${format(bin.from)} to ${format(bin.to)}: ${formatNumber(bin.count)}`}</title>
            </rect>
          );
        })}
      </svg>
      <div className="histogram-ends" aria-hidden="true">
        <span>{format(first.from)}</span>
        <span>{format(last.to)}</span>
      </div>
    </figure>
  );
}
