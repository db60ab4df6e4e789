import { expect, test } from "vitest";
import { denominatorOf } from "./denominators";
import { changed, historyOf, redone, undone } from "./history";
import { shortNames } from "./names";
import { isMeant, metricsOf, pairsOf, tableShapeOf } from "./panel";
import { arcOf, pieOf } from "./pie";
import { coloursOf, filterOf } from "./shownRuns";

const metrics = [
  "val/math/avg_cost",
  "val/gsm8k/accuracy",
  "val/gsm8k/avg_cost",
  "val/gsm8k/count",
  "loss",
  "a.b",
];

test("a star stands for one or more characters, everything else for itself", () => {
  expect(metricsOf(["val/*/accuracy", "loss", "val/gsm8k/*"], metrics)).toEqual([
    "val/gsm8k/accuracy",
    "loss",
    "val/gsm8k/avg_cost",
    "val/gsm8k/count",
  ]);
  expect([isMeant("a.b", "axb"), isMeant("loss*", "loss"), isMeant("*", "x")]).toEqual([false, false, true]);
});

test("a scatter pairs what the star stands for", () => {
  expect(pairsOf("val/*/avg_cost", "val/*/accuracy", metrics)).toEqual([
    { label: "gsm8k", x: "val/gsm8k/avg_cost", y: "val/gsm8k/accuracy" },
  ]);
  expect(pairsOf("loss", "val/*/accuracy", metrics)).toEqual([
    { label: "gsm8k", x: "loss", y: "val/gsm8k/accuracy" },
  ]);
  expect(pairsOf("loss", "gone", metrics)).toEqual([]);
});

test("a table has a row a source where columns are named, else a row a metric", () => {
  const shape = tableShapeOf(
    ["source", "accuracy", "count"],
    ["val/gsm8k/accuracy", "val/math/count", "val/gsm8k/count"],
  );
  expect([shape.rows, shape.columns]).toEqual([
    ["gsm8k", "math"],
    ["accuracy", "count"],
  ]);
  expect([shape.metricAt("gsm8k", "count"), shape.metricAt("math", "accuracy")]).toEqual([
    "val/gsm8k/count",
    null,
  ]);
  expect(tableShapeOf([], ["loss"]).metricAt("loss", "value")).toBe("loss");
});

test("names are as short as they can be told apart", () => {
  expect(shortNames(["dataset/a/accuracy", "dataset/b/accuracy"])).toEqual(["a", "b"]);
  expect(shortNames(["train/loss", "train/kl_div"])).toEqual(["loss", "kl_div"]);
  expect(shortNames(["loss"])).toEqual(["loss"]);
  expect(shortNames(["a", "a/b"])).toEqual(["a", "a/b"]);
});

test("rates know what they are of", () => {
  const known = new Set([...metrics, "judge/total_calls"]);
  expect(denominatorOf("val/gsm8k/accuracy", known)).toBe("val/gsm8k/count");
  expect(denominatorOf("judge/success_rate", known)).toBe("judge/total_calls");
  expect([denominatorOf("val/math/avg_cost", known), denominatorOf("loss", known)]).toEqual([null, null]);
});

test("shares of a pie leave out what can be none, and say so", () => {
  const pie = pieOf([
    { metric: "a", value: 3 },
    { metric: "b", value: 1 },
    { metric: "c", value: -1 },
    { metric: "d", value: null },
    { metric: "e", value: NaN },
  ]);
  expect(pie.slices.map((slice) => slice.share)).toEqual([0.75, 0.25]);
  expect([pie.total, pie.leftOut]).toEqual([4, ["c", "d", "e"]]);
  expect(arcOf({ from: 0, to: 0.75 })).toBe("M0 0L0.00000 -1.00000A1 1 0 1 1 -1.00000 0.00000Z");
  expect(pieOf([{ metric: "a", value: 0 }]).slices[0]?.share).toBe(0);
});

test("typing into one field is one step back, each other change its own", () => {
  let history = historyOf("");
  for (const text of ["a", "ab", "abc"]) history = changed(history, text, "title");
  history = changed(history, "x");
  expect(undone(history).present).toBe("abc");
  expect(undone(undone(history)).present).toBe("");
  expect(redone(undone(history)).present).toBe("x");
  expect(changed(undone(history), "new").future).toEqual([]);
  expect(undone(historyOf("only"))).toEqual(historyOf("only"));
});

test("runs are the chosen ones, or those whose name holds the text as it is", () => {
  expect(filterOf({ runs: ["x"], named: "a", newest: 5 })).toBe('{"name":{"$in":["x"]}}');
  expect(filterOf({ runs: [], named: " ", newest: 5 })).toBeNull();
  expect(JSON.parse(filterOf({ runs: [], named: "a.b", newest: 5 }) ?? "")).toMatchObject({
    $or: [{ display_name: { $regex: "a\\.b" } }, {}],
  });
});

test("a chosen colour is the run's, and the others keep clear of it", () => {
  const runs = ["a", "b", "c"];
  const own = coloursOf(runs, new Map(), false);
  expect(new Set(own.values()).size).toBe(3);
  const taken = [...own.values()][1] ?? "";
  const place =
    Array.from({ length: 12 }, (_, at) => at).find(
      (at) => coloursOf(["x"], new Map([["x", at]]), false).get("x") === taken,
    ) ?? 0;
  const chosen = coloursOf(runs, new Map([["a", place]]), false);
  expect(chosen.get("a")).toBe(taken);
  expect(new Set(chosen.values()).size).toBe(3);
});
