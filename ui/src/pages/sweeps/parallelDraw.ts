// Lines of parallel coordinates on a canvas: thousands at once, drawn by colour.
import { shareOf, unitsOf, type Axis } from "./axes";
import type { Trial } from "./trials";

export interface ParallelFrame {
  /** Pixel of each axis from the left. */
  xs: number[];
  top: number;
  bottom: number;
  /** Where trials without a value on an axis pass. */
  missingY: number;
}

/** A trial as the height of its line at each axis. */
export interface Polyline {
  trial: Trial;
  ys: Float64Array;
  isWhole: boolean;
}

export function polylinesOf(trials: Trial[], axes: Axis[], frame: ParallelFrame): Polyline[] {
  return trials.map((trial) => {
    let isWhole = true;
    const ys = Float64Array.from(axes, (axis) => {
      const units = unitsOf(axis, trial);
      if (units === null) {
        isWhole = false;
        return frame.missingY;
      }
      return frame.bottom - shareOf(axis, units) * (frame.bottom - frame.top);
    });
    return { trial, ys, isWhole };
  });
}

export interface LineLook {
  colour: string;
  opacity: number;
  widthPx: number;
}

/** `lookOf` null: not drawn. Lines of one colour are one path. */
export function drawPolylines(
  context: CanvasRenderingContext2D,
  lines: Polyline[],
  frame: ParallelFrame,
  lookOf: (line: Polyline) => LineLook | null,
): void {
  const groups = new Map<string, { look: LineLook; isWhole: boolean; lines: Polyline[] }>();
  for (const line of lines) {
    const look = lookOf(line);
    if (look === null) continue;
    const key = `${look.colour} ${look.opacity} ${look.widthPx} ${line.isWhole}`;
    const group = groups.get(key);
    if (group) group.lines.push(line);
    else groups.set(key, { look, isWhole: line.isWhole, lines: [line] });
  }
  for (const { look, isWhole, lines: members } of groups.values()) {
    context.globalAlpha = look.opacity;
    context.strokeStyle = look.colour;
    context.lineWidth = look.widthPx;
    context.setLineDash(isWhole ? [] : [4, 3]);
    context.beginPath();
    for (const { ys } of members) {
      ys.forEach((y, at) => {
        const x = frame.xs[at] ?? 0;
        if (at === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      });
    }
    context.stroke();
  }
  context.globalAlpha = 1;
  context.setLineDash([]);
}

/** The line nearest to a place, within `reachPx` of it in height. */
export function lineAt(
  lines: Polyline[],
  frame: ParallelFrame,
  xPx: number,
  yPx: number,
  reachPx: number,
): Polyline | null {
  const { xs } = frame;
  let left = xs.findIndex((x, at) => xPx >= x && xPx <= (xs[at + 1] ?? -1));
  if (left < 0) left = xPx < (xs[0] ?? 0) ? 0 : Math.max(0, xs.length - 2);
  const [from, to] = [xs[left] ?? 0, xs[left + 1] ?? xs[left] ?? 0];
  const share = to === from ? 0 : Math.max(0, Math.min(1, (xPx - from) / (to - from)));
  let [found, nearest] = [null as Polyline | null, reachPx];
  for (const line of lines) {
    const [a, b] = [line.ys[left] ?? 0, line.ys[left + 1] ?? line.ys[left] ?? 0];
    const distance = Math.abs(a + share * (b - a) - yPx);
    if (distance < nearest) [found, nearest] = [line, distance];
  }
  return found;
}
