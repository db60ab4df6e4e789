/** One line of a chart: points or buckets in ascending x. All arrays are of one length. */
export interface ChartSeries {
  id: string;
  label: string;
  colour: string;
  x: Float64Array;
  /** What the line shows: the value at the highest step of the bucket. NaN: none there. */
  last: Float64Array;
  /** Exact least and greatest of the bucket. */
  min: Float64Array;
  max: Float64Array;
  /** Drawn without a band: one that compares, or a smoothed one. */
  hasBand?: boolean;
}

export interface ChartRange {
  min: number;
  max: number;
}

export type Smoothing = { kind: "none" } | { kind: "ema" | "time"; weight: number };

export type XKind = "number" | "time" | "duration";

/** With more lines than this each has its band only while the pointer is on it. */
export const bandsAtMost = 50;

export function isFiniteSomewhere(series: ChartSeries[]): boolean {
  return series.some((one) => one.last.some(Number.isFinite));
}

/** First place of ascending `x` that is not below `value`; the length where there is none. */
export function lowerBound(x: Float64Array, value: number): number {
  let [low, high] = [0, x.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((x[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Place of the point nearest to `value`, or -1 for a series without points. */
export function nearest(x: Float64Array, value: number): number {
  const after = lowerBound(x, value);
  if (after === 0) return x.length === 0 ? -1 : 0;
  if (after === x.length) return x.length - 1;
  return value - (x[after - 1] ?? 0) <= (x[after] ?? 0) - value ? after - 1 : after;
}
