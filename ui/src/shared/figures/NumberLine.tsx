// A difference on a line: nothing in the middle, the margin of what does not matter drawn around it.
import { formatNumber } from "@/shared/format";
import { FigureAxis } from "./FigureAxis";
import { domainOf, percentOf } from "./scale";
import { IntervalMark } from "./IntervalMark";
import "./figures.css";

export interface NumberLineProps {
  /** Names the figure: "Difference of mae_penalised". */
  label: string;
  value: number;
  interval: readonly number[];
  /** Differences of this size do not matter; 0 for none. */
  margin: number;
  unit: string;
  /** What lies to the left and right of nothing. */
  left: string;
  right: string;
  tone?: "accent" | "good" | "bad" | "muted";
}

export function NumberLine({ label, value, interval, margin, unit, left, right, tone }: NumberLineProps) {
  const domain = domainOf([value, ...interval, 0, margin * 1.4, -margin * 1.4], 0.12) ?? { min: -1, max: 1 };
  const zero = percentOf(0, domain);
  const [low, high] = interval;
  const told = `${label}: ${formatNumber(value)} ${unit}, 95 % interval ${formatNumber(low)} to ${formatNumber(high)}${
    margin > 0 ? `, margin ${formatNumber(margin)}` : ""
  }`;
  return (
    <figure className="number-line" role="img" aria-label={told}>
      <div className="number-line-sides" aria-hidden="true">
        <span style={{ width: `${zero}%` }}>← {left}</span>
        <span style={{ width: `${100 - zero}%` }}>{right} →</span>
      </div>
      <IntervalMark
        label={null}
        value={value}
        interval={interval}
        domain={domain}
        guides={margin > 0 ? [0, -margin, margin] : [0]}
        band={margin > 0 ? { min: -margin, max: margin } : null}
        heightPx={46}
        {...(tone ? { tone } : {})}
      />
      <FigureAxis domain={domain} wanted={6} unit={unit} />
      {margin > 0 && (
        <p className="figure-key" aria-hidden="true">
          <span className="figure-key-band" /> does not matter: ±{formatNumber(margin)}
        </p>
      )}
    </figure>
  );
}
