// The stretch of an axis that shows everything.
import { bandsAtMost, lowerBound, type ChartRange, type ChartSeries } from "./series";

export function xRangeOf(series: ChartSeries[], isLog: boolean): ChartRange | null {
  let [min, max] = [Infinity, -Infinity];
  for (const { x } of series) {
    const first = isLog ? x[lowerBound(x, Number.MIN_VALUE)] : x[0];
    const last = x.at(-1);
    if (first === undefined || last === undefined || (isLog && last <= 0)) continue;
    if (first < min) min = first;
    if (last > max) max = last;
  }
  return widened(min, max, isLog, 0);
}

/** Of what is drawn within `x`: exact bounds of the bands, or of the lines alone; a little room above and below. */
export function yRangeOf(
  series: ChartSeries[],
  x: ChartRange,
  isLog: boolean,
  isClipped = false,
): ChartRange | null {
  if (isClipped) return clippedRange(series, x, isLog);
  const isLinesOnly = series.length > bandsAtMost;
  let [min, max] = [Infinity, -Infinity];
  for (const one of series) {
    const [lows, highs] = isLinesOnly ? [one.last, one.last] : [one.min, one.max];
    const end = Math.min(one.x.length, lowerBound(one.x, x.max) + 1);
    for (let at = Math.max(0, lowerBound(one.x, x.min) - 1); at < end; at++) {
      const [low, high] = [lows[at] ?? NaN, highs[at] ?? NaN];
      if (low < min && low > (isLog ? 0 : -Infinity)) min = low;
      if (high > max && high < Infinity) max = high;
      if (isLog && high > 0 && high < min) min = high;
    }
  }
  return widened(min, max, isLog, 0.04);
}

/** From the hundredth to the ninety-ninth hundredth of the lines' values, nearest rank. */
function clippedRange(series: ChartSeries[], x: ChartRange, isLog: boolean): ChartRange | null {
  const values = series.flatMap((one) => [
    ...one.last
      .subarray(lowerBound(one.x, x.min), lowerBound(one.x, x.max) + 1)
      .filter((value) => Number.isFinite(value) && (!isLog || value > 0)),
  ]);
  const sorted = Float64Array.from(values).sort();
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return widened(rank(0.01), rank(0.99), isLog, 0.04);
}

function widened(min: number, max: number, isLog: boolean, room: number): ChartRange | null {
  if (!(min <= max)) return null;
  if (isLog) {
    const factor = min === max ? 2 : (max / min) ** room;
    return { min: min / factor, max: max * factor };
  }
  const pad = min === max ? Math.abs(min) * 0.1 || 0.5 : (max - min) * room;
  return { min: min - pad, max: max + pad };
}
