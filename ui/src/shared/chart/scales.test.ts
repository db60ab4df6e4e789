import { expect, test } from "vitest";
import { xRangeOf, yRangeOf } from "./scales";
import type { ChartSeries } from "./series";

function line(x: number[], y: number[]): ChartSeries {
  const values = Float64Array.from(y);
  return {
    id: "a",
    label: "a",
    colour: "#000000",
    x: Float64Array.from(x),
    last: values,
    min: values,
    max: values,
  };
}

test("x covers all series, from the first positive on a log axis", () => {
  const series = [line([0, 5, 10], [1, 1, 1]), line([-3, 20], [1, 1])];
  expect(xRangeOf(series, false)).toEqual({ min: -3, max: 20 });
  expect(xRangeOf(series, true)).toEqual({ min: 5, max: 20 });
  expect(xRangeOf([line([], [])], false)).toBeNull();
});

test("y leaves out what is not in sight, NaN and infinities", () => {
  const series = [line([0, 1, 2, 3, 4], [100, 0, 10, NaN, Infinity])];
  expect(yRangeOf(series, { min: 1.5, max: 4 }, false)).toEqual({ min: -0.4, max: 10.4 });
  expect(yRangeOf([line([0, 1], [NaN, NaN])], { min: 0, max: 1 }, false)).toBeNull();
});

test("one value gets room around it", () => {
  expect(yRangeOf([line([0], [0])], { min: 0, max: 0 }, false)).toEqual({ min: -0.5, max: 0.5 });
  expect(yRangeOf([line([0], [8])], { min: 0, max: 0 }, true)).toEqual({ min: 4, max: 16 });
});
