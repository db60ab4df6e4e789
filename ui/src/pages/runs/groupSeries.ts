// Runs of a group as one curve: the mean of their last values, and the exact band of all their values.
import type { ChartSeries } from "@/shared/chart/series";
import { lowerBound } from "@/shared/chart/series";

const places = 400;

/** `series` are of one group. At each place the mean is over the runs that have come so far and not ended. */
export function groupSeries(
  id: string,
  label: string,
  colour: string,
  series: ChartSeries[],
): ChartSeries | null {
  const some = series.filter((one) => one.x.length > 0);
  if (some.length === 0) return null;
  const low = Math.min(...some.map((one) => one.x[0] ?? Infinity));
  const high = Math.max(...some.map((one) => one.x.at(-1) ?? -Infinity));
  const shared = some[0]?.x;
  const isShared = shared !== undefined && some.every((one) => sameX(one.x, shared));
  const x = isShared
    ? shared
    : Float64Array.from({ length: places + 1 }, (_, at) => low + ((high - low) * at) / places);
  const [last, min, max] = [x.map(() => NaN), x.map(() => NaN), x.map(() => NaN)];
  const sum = new Float64Array(x.length);
  const count = new Float64Array(x.length);
  for (const one of some) {
    let from = 0;
    for (let at = 0; at < x.length; at++) {
      const place = x[at] ?? 0;
      let end = lowerBound(one.x, place);
      while ((one.x[end] ?? Infinity) <= place) end += 1;
      for (let bucket = from; bucket < end; bucket++) {
        min[at] = lesser(min[at] ?? NaN, one.min[bucket] ?? NaN);
        max[at] = -lesser(-(max[at] ?? NaN), -(one.max[bucket] ?? NaN));
      }
      from = end;
      const value = one.last[end - 1] ?? NaN;
      if (Number.isFinite(value) && place <= (one.x.at(-1) ?? -Infinity)) {
        sum[at] = (sum[at] ?? 0) + value;
        count[at] = (count[at] ?? 0) + 1;
      }
    }
  }
  for (let at = 0; at < x.length; at++) {
    if ((count[at] ?? 0) > 0) last[at] = (sum[at] ?? 0) / (count[at] ?? 1);
  }
  return { id, label: `${label} (mean of ${some.length})`, colour, x, last, min, max };
}

function sameX(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, at) => value === b[at]);
}

const lesser = (a: number, b: number) => (Number.isNaN(a) ? b : Number.isNaN(b) || a <= b ? a : b);
