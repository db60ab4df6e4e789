import { expect, test } from "vitest";
import type { EvaluationRow } from "@/api/evaluations";
import { chosenRows, domainsOf, matchesText, tasksOf } from "./rows";

function row(name: string, task: string | null, value: number | null = 1): EvaluationRow {
  const run = { entity: "me", project: "p", name, state: "finished" };
  if (task === null) return { run, problem: "cut off" };
  return {
    run,
    report: {
      task,
      split: "dev",
      data_sha256: "",
      model: `model-of-${name}`,
      answered_by: { model: "constant", revision: "", backend: "baseline" },
      served_by: {},
      n_total: 4,
      n_answered: 4,
      primary: {
        name: "mae",
        direction: "minimize",
        metric: { value, n: value === null ? 0 : 4, n_total: 4, unit: "scale units" },
      },
      wall_secs: 1,
      gradus_version: "0.1.0",
    },
  };
}

test("scores of different tasks don't share a line; a report that can't be read has none", () => {
  const domains = domainsOf([row("a", "x", 1), row("b", "x", 3), row("c", "y", 50), row("d", null)]);
  expect(domains.size).toBe(2);
  const [first] = [...domains.values()];
  expect(first && first.min < 1 && first.max > 3 && first.max < 4).toBe(true);
});

test("a task without a score has no line", () => {
  expect(domainsOf([row("a", "x", null)]).size).toBe(0);
});

test("all words have to be found, in name or model", () => {
  expect(matchesText(row("alpha", "x"), "OF-alpha constant")).toBe(true);
  expect(matchesText(row("alpha", "x"), "beta")).toBe(false);
  expect(matchesText(row("alpha", null), "")).toBe(true);
});

test("the choice keeps its order", () => {
  const rows = [row("a", "x"), row("b", "y")];
  expect(chosenRows(rows, ["b", "gone", "a"]).map((one) => one.run.name)).toEqual(["b", "a"]);
  expect(tasksOf([...rows, row("c", "x")])).toEqual(["x", "y"]);
});
