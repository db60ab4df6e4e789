import { describe, expect, test } from "vitest";
import { binsOf, domainOf, percentOf } from "./scale";

describe("percentOf", () => {
  test("lies linearly, and outside at the edge", () => {
    const domain = { min: -2, max: 2 };
    expect([-2, 0, 1, 2].map((value) => percentOf(value, domain))).toEqual([0, 50, 75, 100]);
    expect([-9, 9].map((value) => percentOf(value, domain))).toEqual([0, 100]);
  });
  test("a line of no length has its only value in the middle", () => {
    expect(percentOf(3, { min: 3, max: 3 })).toBe(50);
  });
});

describe("domainOf", () => {
  test("holds what is finite, with air", () => {
    expect(domainOf([0, 10, null, undefined, NaN, Infinity], 0.1)).toEqual({ min: -1, max: 11 });
  });
  test("nothing finite has no stretch; one value has some", () => {
    expect(domainOf([null, NaN])).toBeNull();
    expect(domainOf([0])).toEqual({ min: -1, max: 1 });
    expect(domainOf([50], 0.1)).toEqual({ min: 45, max: 55 });
  });
});

describe("binsOf", () => {
  test("every value is in exactly one bin, the greatest in the last", () => {
    const bins = binsOf([0, 1, 2, 3, 4, NaN], 2);
    expect(bins).toEqual([
      { from: 0, to: 2, count: 2 },
      { from: 2, to: 4, count: 3 },
    ]);
  });
  test("equal values are one bin, none are none", () => {
    expect(binsOf([2, 2], 5)).toEqual([{ from: 2, to: 2, count: 2 }]);
    expect(binsOf([], 5)).toEqual([]);
  });
});
