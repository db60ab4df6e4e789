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
