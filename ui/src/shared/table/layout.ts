// Where columns lie: pinned ones first, each with its left edge.
import type { TableColumn } from "./types";

export interface Placed<Row> {
  column: TableColumn<Row>;
  leftPx: number;
}

export interface TableLayout<Row> {
  pinned: Placed<Row>[];
  scrolled: Placed<Row>[];
  pinnedWidthPx: number;
  widthPx: number;
}

export function layoutOf<Row>(columns: TableColumn<Row>[], leadPx: number): TableLayout<Row> {
  let leftPx = leadPx;
  const place = (column: TableColumn<Row>) => {
    const placed = { column, leftPx };
    leftPx += column.widthPx;
    return placed;
  };
  const pinned = columns.filter((column) => column.isPinned).map(place);
  const pinnedWidthPx = leftPx;
  const scrolled = columns.filter((column) => !column.isPinned).map(place);
  return { pinned, scrolled, pinnedWidthPx, widthPx: leftPx };
}

/** The columns that lie between two edges of the scrolled part, one more on either side. */
export function columnsBetween<Row>(
  layout: TableLayout<Row>,
  fromPx: number,
  toPx: number,
): [number, number] {
  const { scrolled } = layout;
  let first = scrolled.findIndex(({ column, leftPx }) => leftPx + column.widthPx > fromPx);
  if (first < 0) first = Math.max(0, scrolled.length - 1);
  let end = first;
  while (end < scrolled.length && (scrolled[end]?.leftPx ?? Infinity) < toPx) end += 1;
  return [Math.max(0, first - 1), Math.min(scrolled.length, end + 1)];
}

/** At most as many columns as `columnsBetween` ever gives for a stretch of this width. */
export function mostColumnsBetween<Row>({ scrolled }: TableLayout<Row>, widthPx: number): number {
  let [most, end] = [0, 0];
  for (const [first, { column, leftPx }] of scrolled.entries()) {
    const reachPx = leftPx + column.widthPx + widthPx;
    while (end < scrolled.length && (scrolled[end]?.leftPx ?? Infinity) < reachPx) end += 1;
    most = Math.max(most, end - first);
  }
  return Math.min(scrolled.length, most + 2);
}

/**
 * The places `from` to `to` in the order of their elements in the page. Each place has the slot that its remainder by
 * `pool` says, so what comes into sight takes the element of what went and none is moved; the slot of `start` is first.
 */
export function slotsOf(from: number, to: number, pool: number, start: number): number[] {
  const places = Array.from(
    { length: pool },
    (_, at) => from + ((((start + at - from) % pool) + pool) % pool),
  );
  return places.filter((place) => place < to);
}

/**
 * Whether a text may be wider than its room. Only then its cell clips it: to the browser each clip is a part of the
 * page to draw by itself, and of a table's thousand cells hardly any needs one.
 */
export function mayBeCut(text: string, roomPx: number): boolean {
  if (figures.test(text)) return text.length * widestFigurePx > roomPx;
  return text.length * widestLetterPx > roomPx || !plain.test(text);
}

// Of 13 px letters, in the widest of the usual fonts of systems.
const widestFigurePx = 8.5;
const widestLetterPx = 13;
const figures = /^[\d.,:+\-–e%]*$/;
const plain = /^[ -~–…]*$/;
