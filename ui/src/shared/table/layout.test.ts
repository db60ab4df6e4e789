import { expect, test } from "vitest";
import { columnsBetween, layoutOf, mayBeCut, mostColumnsBetween, slotsOf } from "./layout";
import type { TableColumn } from "./types";
import { sightOf } from "./useSight";

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

test("no stretch has more columns than the most", () => {
  const uneven = layoutOf(
    Array.from({ length: 60 }, (_, i) => column(`c${i}`, 40 + ((i * 37) % 200))),
    0,
  );
  const most = mostColumnsBetween(uneven, 500);
  const counts = Array.from({ length: 8000 }, (_, fromPx) => {
    const [first, end] = columnsBetween(uneven, fromPx, fromPx + 500);
    return end - first;
  });
  expect(Math.max(...counts)).toBeLessThanOrEqual(most);
  expect(mostColumnsBetween(layoutOf<null>([], 0), 500)).toBe(0);
});

test("only what may be too long is clipped", () => {
  expect(mayBeCut("0.12345", 76)).toBe(false);
  expect(mayBeCut("123456789", 76)).toBe(true);
  expect(mayBeCut("ab", 76)).toBe(false);
  expect(mayBeCut("WWWWWW", 76)).toBe(true);
  expect(mayBeCut("\u202eab", 76)).toBe(true);
});

test("as many rows are kept wherever one is, more of them ahead", () => {
  const at = (topPx: number, isDown: boolean) =>
    sightOf({ topPx, leftPx: 0, heightPx: 800, widthPx: 900 }, 34, isDown);
  const seen = [at(0, true), at(5000, true), at(5000, false), at(5010, true)];
  expect(new Set(seen.map((one) => one.endRow - one.firstRow)).size).toBe(1);
  expect(at(5000, true).firstRow).toBeGreaterThan(at(5000, false).firstRow);
  for (const [topPx, isDown] of [
    [0, false],
    [5000, true],
    [5033, false],
    [5135, true],
  ] as const) {
    const { firstRow, endRow } = at(topPx, isDown);
    expect(firstRow).toBeLessThanOrEqual(Math.floor(topPx / 34));
    expect(endRow).toBeGreaterThanOrEqual(Math.ceil((topPx + 800) / 34));
  }
});

test("what comes takes the slot of what went", () => {
  expect(slotsOf(0, 4, 4, 0)).toEqual([0, 1, 2, 3]);
  expect(slotsOf(2, 6, 4, 0)).toEqual([4, 5, 2, 3]);
  expect(slotsOf(2, 5, 4, 0)).toEqual([4, 2, 3]);
  expect(slotsOf(3, 3, 4, 0)).toEqual([]);
});

test("elements that were put in order are in it, and keep their slots", () => {
  const shown = slotsOf(6, 10, 4, 6);
  expect(shown).toEqual([6, 7, 8, 9]);
  expect(slotsOf(4, 8, 4, 6)).toEqual([6, 7, 4, 5]);
  expect(slotsOf(6, 8, 4, 6)).toEqual([6, 7]);
});
