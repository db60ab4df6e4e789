import { useLayoutEffect, useRef } from "react";
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
    if (!box.current) return;
    if (!box.current.matches(":popover-open")) box.current.showPopover();
    place(box.current, hovered.clientX, hovered.clientY);
  }, [hovered]);
  const main = series[hovered.nearest.series];
  if (!main) return null;
  const x = main.x[hovered.nearest.place] ?? NaN;
  const baseline = series.find((one) => one.id === baselineId) ?? null;
  return (
    <div ref={box} className="chart-tooltip" popover="manual">
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

function place(box: HTMLElement, x: number, y: number): void {
  const { width, height } = box.getBoundingClientRect();
  const left = x + 16 + width < window.innerWidth ? x + 16 : x - 16 - width;
  box.style.left = `${Math.max(4, left)}px`;
  box.style.top = `${Math.max(4, Math.min(y - 20, window.innerHeight - height - 4))}px`;
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
