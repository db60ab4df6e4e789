import { expect, test } from "vitest";
import type { Frame } from "./draw";
import { hitAt, hitsAt, xValue } from "./hover";
import type { ChartSeries } from "./series";

const frame: Frame = {
  left: 0,
  top: 0,
  width: 100,
  height: 100,
  x: { min: 0, max: 10 },
  y: { min: 0, max: 10 },
  isXLog: false,
  isYLog: false,
};
const line = (id: string, x: number[], y: number[]): ChartSeries => {
  const values = Float64Array.from(y);
  return {
    id,
    label: id,
    colour: "#000000",
    x: Float64Array.from(x),
    last: values,
    min: values,
    max: values,
  };
};

test("the nearest line above or below the pointer is hit", () => {
  const lines = [line("low", [0, 5, 10], [0, 0, 0]), line("high", [0, 5, 10], [10, 7.5, 10])];
  expect(hitAt(lines, frame, 51, 30)).toEqual({ series: 1, place: 1, distance: 5 });
  expect(hitAt(lines, frame, 99, 80)).toEqual({ series: 0, place: 2, distance: 20 });
  expect(hitsAt(lines, frame, 50).map((hit) => hit.series)).toEqual([1, 0]);
});

test("NaN, and lines that ended long before, are not hit", () => {
  const lines = [line("nan", [0, 10], [NaN, NaN]), line("short", [0, 2], [5, 5])];
  expect(hitAt(lines, frame, 80, 50)).toBeNull();
  expect(hitAt(lines, frame, 25, 50)?.series).toBe(1);
});

test("pixels become values on either axis", () => {
  expect(xValue(frame, 25)).toBe(2.5);
  expect(xValue({ ...frame, isXLog: true, x: { min: 1, max: 100 } }, 50)).toBeCloseTo(10);
});
