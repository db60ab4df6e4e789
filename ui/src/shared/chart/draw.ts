// Plain drawing on a canvas: bands, then lines. Coordinates are linear in pixels after `place`, so that drawing
// two hundred series is additions and multiplications.
import { lowerBound, type ChartRange, type ChartSeries } from "./series";

/** How values become pixels: log axes take the logarithm first. */
export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: ChartRange;
  y: ChartRange;
  isXLog: boolean;
  isYLog: boolean;
}

export function xPixel(frame: Frame, value: number): number {
  const { min, max } = frame.x;
  const share = frame.isXLog ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
  return frame.left + share * frame.width;
}

export function yPixel(frame: Frame, value: number): number {
  const { min, max } = frame.y;
  const share = frame.isYLog ? Math.log(value / min) / Math.log(max / min) : (value - min) / (max - min);
  return frame.top + (1 - share) * frame.height;
}

export interface DrawStyle {
  lineWidth: number;
  /** Of the line, 0–1. */
  opacity: number;
  bandOpacity: number;
}

type Context = Pick<
  CanvasRenderingContext2D,
  "beginPath" | "moveTo" | "lineTo" | "closePath" | "fill" | "stroke" | "arc"
> & {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  globalAlpha: number;
  lineJoin: CanvasLineJoin;
};

export function drawBand(context: Context, series: ChartSeries, frame: Frame, opacity: number): void {
  if (opacity <= 0 || series.hasBand === false) return;
  const [from, to] = inSight(series.x, frame.x);
  context.beginPath();
  let isAnything = false;
  for (let start = from; start < to; start++) {
    if (!isBand(series, start)) continue;
    let end = start;
    while (end < to && isBand(series, end)) end += 1;
    if (end - start > 1) {
      isAnything = true;
      context.moveTo(
        xPixel(frame, series.x[start] ?? 0),
        bounded(frame, yPixel(frame, series.max[start] ?? 0)),
      );
      for (let at = start + 1; at < end; at++) {
        context.lineTo(xPixel(frame, series.x[at] ?? 0), bounded(frame, yPixel(frame, series.max[at] ?? 0)));
      }
      for (let at = end - 1; at >= start; at--) {
        context.lineTo(xPixel(frame, series.x[at] ?? 0), bounded(frame, yPixel(frame, series.min[at] ?? 0)));
      }
      context.closePath();
    }
    start = end;
  }
  if (!isAnything) return;
  context.globalAlpha = opacity;
  context.fillStyle = series.colour;
  context.fill();
  context.globalAlpha = 1;
}

export function drawLine(context: Context, series: ChartSeries, frame: Frame, style: DrawStyle): void {
  drawLines(context, [series], frame, style);
}

/** Lines of one colour as one path. */
export function drawLines(context: Context, lines: ChartSeries[], frame: Frame, style: DrawStyle): void {
  const [first] = lines;
  if (!first) return;
  context.globalAlpha = style.opacity;
  context.strokeStyle = first.colour;
  context.fillStyle = first.colour;
  context.lineWidth = style.lineWidth;
  context.lineJoin = "bevel";
  context.beginPath();
  const alone: [ChartSeries, number][] = [];
  for (const one of lines) for (const at of traceLine(context, one, frame)) alone.push([one, at]);
  context.stroke();
  for (const [one, at] of alone) drawPoint(context, one, at, frame, style.lineWidth * 1.4);
  context.globalAlpha = 1;
}

/** Adds a line to the path; answers the places of points without a neighbour, which no line shows. */
function traceLine(context: Context, series: ChartSeries, frame: Frame): number[] {
  const [from, to] = inSight(series.x, frame.x);
  const { x: xs, last } = series;
  const [toX, toY] = [pixelsOf(frame, "x"), pixelsOf(frame, "y")];
  const alone: number[] = [];
  let length = 0;
  for (let at = from; at < to; at++) {
    const [value, x] = [last[at] ?? NaN, xs[at] ?? NaN];
    if (!Number.isFinite(value) || (frame.isYLog && value <= 0) || (frame.isXLog && x <= 0)) {
      if (length === 1) alone.push(at - 1);
      length = 0;
      continue;
    }
    const y = bounded(frame, toY(value));
    if (length === 0) context.moveTo(toX(x), y);
    else context.lineTo(toX(x), y);
    length += 1;
  }
  if (length === 1) alone.push(to - 1);
  return alone;
}

/** `xPixel` or `yPixel` with everything but the value worked out. */
function pixelsOf(frame: Frame, side: "x" | "y"): (value: number) => number {
  const isLog = side === "x" ? frame.isXLog : frame.isYLog;
  const pixel = side === "x" ? xPixel : yPixel;
  if (isLog) return (value) => pixel(frame, value);
  const { min, max } = frame[side];
  const start = pixel(frame, min);
  const perUnit = (pixel(frame, max) - start) / (max - min);
  return (value) => start + (value - min) * perUnit;
}

export function drawPoint(
  context: Context,
  series: ChartSeries,
  at: number,
  frame: Frame,
  radius: number,
): void {
  const y = yPixel(frame, series.last[at] ?? NaN);
  if (!Number.isFinite(y)) return;
  context.beginPath();
  context.arc(xPixel(frame, series.x[at] ?? 0), y, radius, 0, 2 * Math.PI);
  context.fillStyle = series.colour;
  context.fill();
}

/** Places within the range, one more on either side so that lines go on to the edge. */
export function inSight(x: Float64Array, range: ChartRange): [number, number] {
  return [Math.max(0, lowerBound(x, range.min) - 1), Math.min(x.length, lowerBound(x, range.max) + 1)];
}

function isBand(series: ChartSeries, at: number): boolean {
  return (series.min[at] ?? NaN) <= (series.max[at] ?? NaN);
}

// Canvas loses precision far outside; infinities have no place at all.
function bounded(frame: Frame, y: number): number {
  const far = 4 * frame.height;
  return Math.max(
    frame.top - far,
    Math.min(frame.top + frame.height + far, Number.isNaN(y) ? frame.top + far : y),
  );
}
