import { expect, test } from "vitest";
import { columnsBetween, layoutOf } from "./layout";
import type { TableColumn } from "./types";

const column = (id: string, widthPx: number, isPinned = false): TableColumn<null> => ({
  id,
  title: id,
  widthPx,
  isPinned,
  render: () => null,
});
const layout = layoutOf(
  [
    column("a", 100),
    column("name", 200, true),
    ...Array.from({ length: 98 }, (_, i) => column(`c${i}`, 100)),
  ],
  40,
);

test("pinned columns come first", () => {
  expect(layout.pinned.map((placed) => placed.leftPx)).toEqual([40]);
  expect(layout.scrolled[0]?.leftPx).toBe(240);
  expect([layout.pinnedWidthPx, layout.widthPx]).toEqual([240, 240 + 99 * 100]);
});

test("only the columns in sight are drawn", () => {
  expect(columnsBetween(layout, 240, 740)).toEqual([0, 6]);
  expect(columnsBetween(layout, 1240, 1740)).toEqual([9, 16]);
  expect(columnsBetween(layout, 1e6, 2e6)).toEqual([97, 99]);
  expect(columnsBetween(layoutOf<null>([], 0), 0, 500)).toEqual([0, 0]);
});
