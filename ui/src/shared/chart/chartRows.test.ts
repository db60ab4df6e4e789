import { expect, test } from "vitest";
import { closedSections, chartRows, searchMetrics, toggleSection } from "./chartRows";

const metrics = ["loss", "train/a", "train/b", "train/c", "val/a"];

test("charts stand below their prefix, as many in a row as fit", () => {
  expect(chartRows(metrics, 2, new Set(["val"]))).toEqual([
    { kind: "head", key: "head ", section: "", count: 1 },
    { kind: "charts", key: "row loss", metrics: ["loss"] },
    { kind: "head", key: "head train", section: "train", count: 3 },
    { kind: "charts", key: "row train/a", metrics: ["train/a", "train/b"] },
    { kind: "charts", key: "row train/c", metrics: ["train/c"] },
    { kind: "head", key: "head val", section: "val", count: 1 },
  ]);
});

test("the search is a regular expression, or the text while it is none", () => {
  expect(searchMetrics(metrics, "^train/[ab]")).toEqual(["train/a", "train/b"]);
  expect(searchMetrics(["f(x", "g"], "F(")).toEqual(["f(x"]);
});

test("sections are all open but some, or all closed but some", () => {
  const metrics = ["loss", "train/a", "val/a", "val/b"];
  expect([...closedSections(metrics, { folded: false, toggled: ["val"] })]).toEqual(["val"]);
  expect([...closedSections(metrics, { folded: true, toggled: ["val"] })]).toEqual(["", "train"]);
  expect(toggleSection(toggleSection([], "val"), "train")).toEqual(["val", "train"]);
  expect(toggleSection(["val", "train"], "val")).toEqual(["train"]);
});
