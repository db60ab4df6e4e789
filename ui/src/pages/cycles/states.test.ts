import { expect, test } from "vitest";
import type { CycleStep } from "@/api/cycles";
import { factsOf, roadOf } from "./states";

const step = (state: CycleStep["state"]): CycleStep => ({ state, inputs: {}, outputs: {} });

test("done, now, ahead", () => {
  const road = roadOf([step("planned"), step("data_built")], "trained");
  expect(road.map((one) => one.stand)).toEqual(["done", "done", "now", "ahead", "ahead", "ahead", "ahead"]);
  expect(road.map((one) => one.state)).toContain("promoted");
});

test("a rollback stands where the promotion would", () => {
  const states = roadOf([step("decided"), step("rolled_back")], "evidenced").map((one) => one.state);
  expect(states).toContain("rolled_back");
  expect(states).not.toContain("promoted");
});

test("free JSON as facts; long lists are counted, not poured out", () => {
  expect(
    factsOf({ a: { b: 1, c: [] }, d: [1, 2], e: Array.from({ length: 20 }, () => "x"), f: null }),
  ).toEqual([
    ["a.b", "1"],
    ["a.c", "none"],
    ["d", "1, 2"],
    ["e", "20 entries"],
    ["f", "null"],
  ]);
  expect(factsOf(null)).toEqual([]);
});
