import { expect, test } from "vitest";
import { formatTick, ticksOf } from "./axis";

test("labels have the decimals that tell neighbours apart", () => {
  expect([0, 0.25, 0.5].map((value) => formatTick(value, 0.25))).toEqual(["0", "0.25", "0.5"]);
  expect([1000, 2000, 10_000, 1_500_000, -20_000].map((value) => formatTick(value, 500))).toEqual([
    "1000",
    "2000",
    "10k",
    "1.5M",
    "−20k",
  ]);
  expect(formatTick(0.00002, 0.00001)).toBe("2e−5");
  expect(formatTick(1e-8, 0)).toBe("1e−8");
});

test("ticks are round and inside", () => {
  expect(ticksOf(0.3, 9.7, false, 5)).toEqual([2, 4, 6, 8]);
  expect(ticksOf(0.02, 300, true, 5)).toEqual([0.1, 1, 10, 100]);
  expect(ticksOf(-1, 1, false, 4)).toEqual([-1, -0.5, 0, 0.5, 1]);
});
