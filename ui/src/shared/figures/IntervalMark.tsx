// One value with its interval on a line that it shares with its neighbours.
import { percentOf, type Domain } from "./scale";
import "./figures.css";

export interface IntervalMarkProps {
  /** What is read to people who don't see it; null where the text stands beside it. */
  label: string | null;
  value: number | null;
  interval: readonly number[] | null | undefined;
  domain: Domain;
  tone?: "accent" | "good" | "bad" | "muted";
  /** Thin lines down: zero, a margin, another's value. */
  guides?: number[];
  /** A band that means "no difference that matters". */
  band?: Domain | null;
  heightPx?: number;
}

export function IntervalMark(props: IntervalMarkProps) {
  const { label, value, interval, domain, tone = "accent", guides = [], band, heightPx = 22 } = props;
  const at = (place: number) => `${percentOf(place, domain)}%`;
  const [low, high] = interval ?? [];
  const middle = heightPx / 2;
  return (
    <svg
      className="figure-mark"
      data-tone={tone}
      height={heightPx}
      {...(label === null ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
    >
      {band && (
        <rect
          className="figure-band"
          x={at(band.min)}
          width={`${percentOf(band.max, domain) - percentOf(band.min, domain)}%`}
          y={0}
          height={heightPx}
        />
      )}
      <line className="figure-rail" x1="0%" x2="100%" y1={middle} y2={middle} />
      {guides.map((guide) => (
        <line key={guide} className="figure-guide" x1={at(guide)} x2={at(guide)} y1={0} y2={heightPx} />
      ))}
      {low !== undefined && high !== undefined && (
        <>
          <line className="figure-interval" x1={at(low)} x2={at(high)} y1={middle} y2={middle} />
          {[low, high].map((end, place) => (
            <line
              key={place}
              className="figure-whisker"
              x1={at(end)}
              x2={at(end)}
              y1={middle - 4}
              y2={middle + 4}
            />
          ))}
        </>
      )}
      {value !== null && Number.isFinite(value) && (
        <circle className="figure-dot" cx={at(value)} cy={middle} r={4.5} />
      )}
    </svg>
  );
}
