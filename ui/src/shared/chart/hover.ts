// Which series is nearest to the pointer: one binary search a series, nothing is sorted until all are asked for.
import { yPixel, xPixel, type Frame } from "./draw";
import { nearest, type ChartSeries } from "./series";

export interface Hit {
  series: number;
  place: number;
  /** Distance in pixels, up or down. */
  distance: number;
}

/** The series nearest to a pixel of the canvas. */
export function hitAt(series: ChartSeries[], frame: Frame, xAt: number, yAt: number): Hit | null {
  let best: Hit | null = null;
  for (const { hit, y } of pointsAt(series, frame, xAt)) {
    const distance = Math.abs(y - yAt);
    if (best === null || distance < best.distance) best = { ...hit, distance };
  }
  return best;
}

/** All series at a column of pixels, from the top of the chart downwards. */
export function hitsAt(series: ChartSeries[], frame: Frame, xAt: number): Hit[] {
  return [...pointsAt(series, frame, xAt)].sort((a, b) => a.y - b.y).map(({ hit }) => hit);
}

function* pointsAt(series: ChartSeries[], frame: Frame, xAt: number): Generator<{ hit: Hit; y: number }> {
  const value = xValue(frame, xAt);
  for (const [place, one] of series.entries()) {
    const at = nearest(one.x, value);
    if (at < 0) continue;
    const isOutside = value < (one.x[0] ?? 0) || value > (one.x.at(-1) ?? 0);
    if (isOutside && Math.abs(xPixel(frame, one.x[at] ?? 0) - xAt) > 12) continue;
    const y = yPixel(frame, one.last[at] ?? NaN);
    if (Number.isFinite(y)) yield { hit: { series: place, place: at, distance: 0 }, y };
  }
}

/** The x value at a pixel of the canvas. */
export function xValue(frame: Frame, xAt: number): number {
  const share = (xAt - frame.left) / frame.width;
  const { min, max } = frame.x;
  return frame.isXLog ? min * (max / min) ** share : min + share * (max - min);
}
