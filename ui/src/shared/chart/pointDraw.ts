// Plain drawing of points, paths and cells; the frame says how values become pixels.
import { xPixel, yPixel, type Frame } from "./draw";

export interface ChartPoint {
  id: string;
  label: string;
  x: number;
  y: number;
  colour: string;
  /** Not among those that are looked at now. */
  isFaint?: boolean;
  /** More lines of the note on hover. */
  notes?: string[];
}

export interface ChartPath {
  id: string;
  label: string;
  colour: string;
  x: number[];
  y: number[];
  /** Holds its value until the next point. */
  isStep: boolean;
}

/** A rectangle of a heat map, edges in values. */
export interface ChartCell {
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  colour: string;
  notes: string[];
}

export function drawCells(context: CanvasRenderingContext2D, cells: ChartCell[], frame: Frame): void {
  for (const cell of cells) {
    const [left, right] = [xPixel(frame, cell.x0), xPixel(frame, cell.x1)];
    const [bottom, top] = [yPixel(frame, cell.y0), yPixel(frame, cell.y1)];
    context.fillStyle = cell.colour;
    context.fillRect(left + 0.5, top + 0.5, right - left - 1, bottom - top - 1);
  }
}

export function drawPath(context: CanvasRenderingContext2D, path: ChartPath, frame: Frame): void {
  context.strokeStyle = path.colour;
  context.lineWidth = 1.8;
  context.beginPath();
  let before: number | null = null;
  path.x.forEach((x, at) => {
    const [left, top] = [xPixel(frame, x), yPixel(frame, path.y[at] ?? NaN)];
    if (!Number.isFinite(left) || !Number.isFinite(top)) return;
    if (before === null) context.moveTo(left, top);
    else {
      if (path.isStep) context.lineTo(left, before);
      context.lineTo(left, top);
    }
    before = top;
  });
  context.stroke();
}

export function drawPoints(
  context: CanvasRenderingContext2D,
  points: ChartPoint[],
  frame: Frame,
  edge: string,
): void {
  const radius = points.length > 600 ? 2.5 : 4;
  for (const isFaint of [true, false]) {
    context.globalAlpha = isFaint ? 0.25 : 1;
    for (const point of points) {
      if ((point.isFaint ?? false) !== isFaint) continue;
      drawDot(context, point, frame, radius, edge);
    }
  }
  context.globalAlpha = 1;
}

export function drawDot(
  context: CanvasRenderingContext2D,
  point: ChartPoint,
  frame: Frame,
  radius: number,
  edge: string,
): void {
  const [left, top] = [xPixel(frame, point.x), yPixel(frame, point.y)];
  if (!Number.isFinite(left) || !Number.isFinite(top)) return;
  context.beginPath();
  context.arc(left, top, radius, 0, 2 * Math.PI);
  context.fillStyle = point.colour;
  context.fill();
  context.strokeStyle = edge;
  context.lineWidth = 1;
  context.stroke();
}

/** The point nearest to a place within `reachPx`; of equally near ones the last drawn. */
export function pointAt(
  points: ChartPoint[],
  frame: Frame,
  xPx: number,
  yPx: number,
  reachPx: number,
): ChartPoint | null {
  let [found, nearest] = [null as ChartPoint | null, reachPx * reachPx];
  for (const point of points) {
    if (point.isFaint) continue;
    const distance = (xPixel(frame, point.x) - xPx) ** 2 + (yPixel(frame, point.y) - yPx) ** 2;
    if (distance <= nearest) [found, nearest] = [point, distance];
  }
  return found;
}

export function cellAt(cells: ChartCell[], frame: Frame, xPx: number, yPx: number): ChartCell | null {
  return (
    cells.find((cell) => {
      const [left, right] = [xPixel(frame, cell.x0), xPixel(frame, cell.x1)];
      const [bottom, top] = [yPixel(frame, cell.y0), yPixel(frame, cell.y1)];
      return xPx >= left && xPx < right && yPx >= top && yPx < bottom;
    }) ?? null
  );
}

/** The stretch that holds all values with a little room; null without any. */
export function rangeOf(values: number[], isLog: boolean): { min: number; max: number } | null {
  let [min, max] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value) || (isLog && value <= 0)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!(min <= max)) return null;
  if (isLog) {
    const factor = min === max ? 2 : (max / min) ** 0.05;
    return { min: min / factor, max: max * factor };
  }
  const room = min === max ? Math.abs(min) * 0.1 || 0.5 : (max - min) * 0.05;
  return { min: min - room, max: max + room };
}
