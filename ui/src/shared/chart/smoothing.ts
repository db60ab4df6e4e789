// Smoothed lines: exponential moving averages, debiased so that the beginning is no artefact of a start value.
import type { ChartSeries, Smoothing } from "./series";

/**
 * `ema`: each point weighs `1 - weight`, whatever lies between. `time`: the same at a spacing of 1/1000 of the
 * x range, so that runs logged at different rates are smoothed alike. NaN and infinities are passed over.
 */
export function smooth(x: Float64Array, y: Float64Array, smoothing: Smoothing): Float64Array {
  if (smoothing.kind === "none" || smoothing.weight <= 0) return y;
  const range = (x.at(-1) ?? 0) - (x[0] ?? 0);
  const unit = smoothing.kind === "time" && range > 0 ? range / 1000 : 0;
  const out = new Float64Array(y.length);
  let [sum, weights, before] = [0, 0, NaN];
  for (let at = 0; at < y.length; at++) {
    const [value, place] = [y[at] ?? NaN, x[at] ?? 0];
    if (!Number.isFinite(value)) {
      out[at] = value;
      continue;
    }
    const keep =
      unit > 0 ? smoothing.weight ** (Number.isNaN(before) ? 1 : (place - before) / unit) : smoothing.weight;
    sum = sum * keep + value * (1 - keep);
    weights = weights * keep + (1 - keep);
    out[at] = weights > 0 ? sum / weights : value;
    before = place;
  }
  return out;
}

export function smoothSeries(series: ChartSeries[], smoothing: Smoothing): ChartSeries[] {
  if (smoothing.kind === "none" || smoothing.weight <= 0) return series;
  return series.map((one) => ({ ...one, last: smooth(one.x, one.last, smoothing) }));
}
