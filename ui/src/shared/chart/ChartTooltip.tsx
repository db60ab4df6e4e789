import { useLayoutEffect, useRef, type CSSProperties } from "react";
import { formatDifference, formatDuration, formatNumber, formatTime } from "@/shared/format";
import type { Hit } from "./hover";
import { nearest, type ChartSeries, type XKind } from "./series";

export interface Hovered {
  hits: Hit[];
  nearest: Hit;
  /** The pointer in the window. */
  clientX: number;
  clientY: number;
}

export interface ChartTooltipProps {
  hovered: Hovered;
  series: ChartSeries[];
  xKind: XKind;
  xLabel: string;
  baselineId: string | null;
}

const shownAtMost = 24;

export function ChartTooltip({ hovered, series, xKind, xLabel, baselineId }: ChartTooltipProps) {
  const box = useRef<HTMLDivElement>(null);
  // In the top layer: what scrolls or contains the chart does not cut it off.
  useLayoutEffect(() => {
    if (box.current && !box.current.matches(":popover-open")) box.current.showPopover();
  }, []);
  const main = series[hovered.nearest.series];
  if (!main) return null;
  const x = main.x[hovered.nearest.place] ?? NaN;
  const baseline = series.find((one) => one.id === baselineId) ?? null;
  return (
    <div ref={box} className="chart-tooltip" popover="manual" style={besides(hovered)}>
      <div className="chart-tooltip-x">
        {xLabel} {formatX(x, xKind)}
      </div>
      {hovered.hits.slice(0, shownAtMost).map((hit) => (
        <Line
          key={hit.series}
          hit={hit}
          series={series}
          baseline={baseline}
          isNearest={hit.series === hovered.nearest.series}
        />
      ))}
      {hovered.hits.length > shownAtMost && <div>and {hovered.hits.length - shownAtMost} more</div>}
    </div>
  );
}

/** On the side where there is more room, so that nothing has to be measured while the pointer moves. */
function besides({ clientX, clientY }: Hovered): CSSProperties {
  const [width, height] = [window.innerWidth, window.innerHeight];
  return {
    ...(clientX < width / 2 ? { left: clientX + 16 } : { right: width - clientX + 16 }),
    ...(clientY < height / 2
      ? { top: Math.max(4, clientY - 20) }
      : { bottom: Math.max(4, height - clientY - 20) }),
  };
}

interface LineProps {
  hit: Hit;
  series: ChartSeries[];
  baseline: ChartSeries | null;
  isNearest: boolean;
}

function Line({ hit, series, baseline, isNearest }: LineProps) {
  const one = series[hit.series];
  if (!one) return null;
  const value = one.last[hit.place] ?? NaN;
  const [min, max] = [one.min[hit.place] ?? NaN, one.max[hit.place] ?? NaN];
  const against =
    baseline && baseline !== one ? baseline.last[nearest(baseline.x, one.x[hit.place] ?? 0)] : undefined;
  return (
    <div className="chart-tooltip-line" data-nearest={isNearest}>
      <span className="swatch" style={{ background: one.colour }} />
      <bdi>{one.label}</bdi>
      <b>{formatNumber(value)}</b>
      {against !== undefined && <span>{formatDifference(value, against)}</span>}
      {isNearest && min < max && (
        <small>
          {formatNumber(min)} … {formatNumber(max)}
        </small>
      )}
    </div>
  );
}

function formatX(x: number, kind: XKind): string {
  if (kind === "time") return formatTime(x * 1000);
  return kind === "duration" ? formatDuration(x) : formatNumber(x, 6);
}
