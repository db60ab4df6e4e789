import { expect, test } from "vitest";
import type { Figure } from "@/api/evaluations";
import { denominatorOf, fieldErrors, formatFigure, groupsOf, numberFields } from "./figures";

const figure = (value: number | null, more: Partial<Figure> = {}): Figure => ({
  value,
  n: 10,
  n_total: 10,
  unit: "scale units",
  ...more,
});

test("what is undefined is a dash, never 0; shares and seconds have their form", () => {
  expect(formatFigure(figure(null, { n: 0 }))).toBe("–");
  expect(formatFigure(null)).toBe("–");
  expect(formatFigure(figure(0.25, { unit: "fraction" }))).toBe("25%");
  expect(formatFigure(figure(0.0123, { unit: "secs" }))).toBe("12 ms");
  expect(formatFigure(figure(0))).toBe("0");
});

test("a denominator says what was left out", () => {
  expect(denominatorOf(figure(1))).toBe("10");
  expect(denominatorOf(figure(1, { n: 7 }))).toBe("7 of 10");
});

test("errors per field are those of the counted answers, worst first", () => {
  const metrics = {
    mae_raw_warmth: figure(1),
    mae_raw_energy: figure(2),
    mae_raw_energy_unconstrained: figure(9),
    mae_penalised: figure(1.5),
  };
  expect(fieldErrors(metrics).map((one) => one.field)).toEqual(["energy", "warmth"]);
  expect(fieldErrors({ accuracy: figure(0.5) })).toEqual([]);
});

test("every metric is in exactly one group", () => {
  const names = [
    "mae_penalised",
    "strict_valid_rate",
    "latency_secs_p50",
    "skill_vs_constant",
    "x_unconstrained",
  ];
  const groups = groupsOf(Object.fromEntries(names.map((name) => [name, figure(1)])));
  expect(groups.map((group) => group.title)).toEqual([
    "Quality",
    "Validity",
    "Latency and speed",
    "Against baselines",
    "Without a grammar",
  ]);
  expect(groups.flatMap((group) => group.metrics.map((one) => one.name)).sort()).toEqual([...names].sort());
});

test("fields that are numbers", () => {
  expect(numberFields({ a: 1, b: "x" })).toEqual({ a: 1 });
  expect(numberFields([1, 2])).toBeNull();
  expect(numberFields("label")).toBeNull();
});
