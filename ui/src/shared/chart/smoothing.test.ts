import { expect, test } from "vitest";
import { smooth } from "./smoothing";

const steps = Float64Array.from({ length: 200 }, (_, at) => at);

test("a constant stays what it is from its first point on", () => {
  for (const kind of ["ema", "time"] as const) {
    const out = smooth(steps, new Float64Array(200).fill(3), { kind, weight: 0.95 });
    expect(Math.max(...out.map((value) => Math.abs(value - 3)))).toBeLessThan(1e-12);
  }
});

test("ema is the debiased average of its definition", () => {
  const out = smooth(steps.slice(0, 3), Float64Array.from([1, 2, 4]), { kind: "ema", weight: 0.5 });
  expect([...out]).toEqual([1, (0.25 * 1 + 0.5 * 2) / 0.75, (0.125 * 1 + 0.25 * 2 + 0.5 * 4) / 0.875]);
});

test("by time, logging twice as often changes little", () => {
  const wave = (x: Float64Array) => x.map((value) => Math.sin(value / 20));
  const sparse = steps.filter((_, at) => at % 2 === 0);
  const [all, half] = [steps, sparse].map((x) => smooth(x, wave(x), { kind: "time", weight: 0.9 })) as [
    Float64Array,
    Float64Array,
  ];
  expect(Math.abs((all[180] ?? 0) - (half[90] ?? 0))).toBeLessThan(0.02);
});

test("NaN is passed over and stays NaN", () => {
  const out = smooth(steps.slice(0, 3), Float64Array.from([1, NaN, 1]), { kind: "ema", weight: 0.9 });
  expect([...out]).toEqual([1, NaN, 1]);
});
