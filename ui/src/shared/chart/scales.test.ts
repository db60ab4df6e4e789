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

test("clipped, an outlier does not squeeze the rest", () => {
  const x = Float64Array.from({ length: 200 }, (_, at) => at);
  const last = x.map((at) => (at === 100 ? 1e6 : at === 50 ? NaN : 1 + at / 200));
  const one = { id: "a", label: "a", colour: "#000000", x, last, min: last, max: last };
  const range = yRangeOf([one], { min: 0, max: 199 }, false, true);
  expect(range?.max).toBeLessThan(2.1);
  expect(yRangeOf([one], { min: 0, max: 199 }, false)?.max).toBeGreaterThan(1e6);
});
