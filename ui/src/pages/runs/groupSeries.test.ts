import { expect, test } from "vitest";
import type { ChartSeries } from "@/shared/chart/series";
import { groupSeries } from "./groupSeries";

const line = (x: number[], y: number[]): ChartSeries => {
  const values = Float64Array.from(y);
  return {
    id: "a",
    label: "a",
    colour: "#000000",
    x: Float64Array.from(x),
    last: values,
    min: values.map((value) => value - 1),
    max: values.map((value) => value + 1),
  };
};

test("where all runs have the same steps the mean is exact, and the band is of all", () => {
  const group = groupSeries("g", "r8", "#000000", [line([0, 1, 2], [1, 2, 3]), line([0, 1, 2], [3, NaN, 9])]);
  expect([...(group?.last ?? [])]).toEqual([2, 2, 6]);
  expect([...(group?.min ?? [])]).toEqual([0, 1, 2]);
  expect([...(group?.max ?? [])]).toEqual([4, 3, 10]);
  expect(group?.label).toBe("r8 (mean of 2)");
});

test("a run that ended counts no more; the band holds every value", () => {
  const group = groupSeries("g", "g", "#000000", [line([0, 10], [0, 10]), line([0, 3, 5], [100, 500, 200])]);
  expect(group?.last[0]).toBe(50);
  expect(group?.last.at(-1)).toBe(10);
  expect(Math.max(...(group?.max ?? []).filter((value) => !Number.isNaN(value)))).toBe(501);
});

test("a group without points has no curve", () => {
  expect(groupSeries("g", "g", "#000000", [line([], [])])).toBeNull();
});
