// Round numbers below marks that share a line.
import { formatTick, ticksOf } from "@/shared/chart/axis";
import { percentOf, type Domain } from "./scale";

export function FigureAxis({ domain, wanted = 5, unit }: { domain: Domain; wanted?: number; unit?: string }) {
  const ticks = ticksOf(domain.min, domain.max, false, wanted);
  const spacing = ticks.length > 1 ? (ticks[1] ?? 0) - (ticks[0] ?? 0) : 0;
  return (
    <div className="figure-axis" aria-hidden="true">
      <svg height={20} className="figure-mark">
        {ticks.map((tick) => {
          const x = `${percentOf(tick, domain)}%`;
          return (
            <g key={tick}>
              <line className="figure-rail" x1={x} x2={x} y1={0} y2={4} />
              <text x={x} y={16} textAnchor="middle">
                {formatTick(tick, spacing)}
              </text>
            </g>
          );
        })}
      </svg>
      {unit !== undefined && <span className="figure-unit">{unit}</span>}
    </div>
  );
}
