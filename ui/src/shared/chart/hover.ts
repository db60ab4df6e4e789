// Which series is nearest to the pointer. A column of pixels is looked at once, when the pointer first comes to
// it; after that a move is one binary search.
import { yPixel, xPixel, type Frame } from "./draw";
import { nearest, type ChartSeries } from "./series";

interface Column {
  /** Pixels from the top, ascending, and whose they are. */
  y: Float64Array;
  series: Int32Array;
  places: Int32Array;
}

export interface Hit {
  series: number;
  place: number;
  /** Distance in pixels, up or down. */
  distance: number;
}

export class HoverIndex {
  private readonly columns = new Map<number, Column>();

  constructor(
    private readonly series: ChartSeries[],
    private readonly frame: Frame,
  ) {}

  /** The series nearest to a pixel of the canvas. */
  hit(xAt: number, yAt: number): Hit | null {
    const column = this.column(Math.round(xAt));
    let [low, high] = [0, column.y.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((column.y[middle] ?? 0) < yAt) low = middle + 1;
      else high = middle;
    }
    let best: Hit | null = null;
    for (const at of [low - 1, low]) {
      const y = column.y[at];
      if (y === undefined) continue;
      const distance = Math.abs(y - yAt);
      if (best !== null && best.distance <= distance) continue;
      best = { series: column.series[at] ?? 0, place: column.places[at] ?? 0, distance };
    }
    return best;
  }

  /** All series at a column of pixels, from the top of the chart downwards. */
  all(xAt: number): Hit[] {
    const column = this.column(Math.round(xAt));
    return Array.from(column.y, (_, at) => ({
      series: column.series[at] ?? 0,
      place: column.places[at] ?? 0,
      distance: 0,
    }));
  }

  private column(xAt: number): Column {
    const known = this.columns.get(xAt);
    if (known) return known;
    const found: { y: number; series: number; place: number }[] = [];
    const value = xValue(this.frame, xAt);
    this.series.forEach((one, series) => {
      const place = nearest(one.x, value);
      if (place < 0) return;
      const isOutside = value < (one.x[0] ?? 0) || value > (one.x.at(-1) ?? 0);
      if (isOutside && Math.abs(xPixel(this.frame, one.x[place] ?? 0) - xAt) > 12) return;
      const y = yPixel(this.frame, one.last[place] ?? NaN);
      if (Number.isFinite(y)) found.push({ y, series, place });
    });
    found.sort((a, b) => a.y - b.y);
    const column = {
      y: Float64Array.from(found, (one) => one.y),
      series: Int32Array.from(found, (one) => one.series),
      places: Int32Array.from(found, (one) => one.place),
    };
    this.columns.set(xAt, column);
    return column;
  }
}

/** The x value at a pixel of the canvas. */
export function xValue(frame: Frame, xAt: number): number {
  const share = (xAt - frame.left) / frame.width;
  const { min, max } = frame.x;
  return frame.isXLog ? min * (max / min) ** share : min + share * (max - min);
}
