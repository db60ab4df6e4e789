import type { ReactNode } from "react";

export interface TableColumn<Row> {
  id: string;
  title: string;
  /** A second, quiet part of the title: "config", "summary". */
  group?: string;
  widthPx: number;
  isPinned?: boolean;
  /** Whether a click on the title sorts by it. */
  isSortable?: boolean;
  align?: "start" | "end";
  /** Plain text; much quicker than anything rendered. Either this or `render` is given. */
  text?: (row: Row) => string;
  /** The whole text, shown when the pointer rests on the cell. */
  hint?: (row: Row) => string;
  render?: (row: Row, index: number) => ReactNode;
}

export interface TableSort {
  id: string;
  isDescending: boolean;
}
