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
  render: (row: Row, index: number) => ReactNode;
}

export interface TableSort {
  id: string;
  isDescending: boolean;
}
