import { expect, test } from "vitest";
import { emptyPanel } from "./panel";
import {
  draftOf,
  withDatasets,
  withNewPanel,
  withoutPanel,
  withPanel,
  withPanelMoved,
  withTitle,
} from "./yamlEdit";

const yaml = `# who looks at this: everybody
title: "Overview" # short
panels:
  # the one that matters
  - type: line
    title: Loss
    metrics: [train/loss, train/kl_div] # both
    x_axis: step
  - {type: pie, title: Verdicts, metrics: [judge/correct_count, judge/incorrect_count]}
`;
const panel = (place: number) => {
  const found = draftOf(yaml).draft?.panels[place];
  if (!found) throw new Error("no panel");
  return found;
};

test("a change of one key leaves comments, quotes and order of the rest", () => {
  expect(withPanel(yaml, 0, { ...panel(0), title: "Loss and KL" })).toBe(
    yaml.replace("title: Loss", "title: Loss and KL"),
  );
  const close = "panels:\n# first\n- type: line\n  metrics: [ a ]\n";
  expect(withPanel(close, 0, { ...emptyPanel, metrics: ["a"], title: "A" })).toBe(`${close}  title: A\n`);
});

test("metrics are added where they are listed, comments stay with their names", () => {
  const blocks = "panels:\n  - type: line\n    metrics:\n      - a # first\n      - b\n";
  const next = withPanel(blocks, 0, { ...emptyPanel, metrics: ["c", "a"] });
  expect(next).toBe("panels:\n  - type: line\n    metrics:\n      - c\n      - a # first\n");
});

test("what becomes empty is taken out, a new key comes last", () => {
  const next = withPanel(yaml, 0, { ...panel(0), x_axis: null, y_axis: "loss" });
  expect(next).not.toContain("x_axis");
  expect(next).toContain("    y_axis: loss\n");
  expect(next).toContain("# the one that matters");
});

test("panels move, come and go", () => {
  const moved = withPanelMoved(yaml, 1, 0);
  expect(draftOf(moved).draft?.panels.map((one) => one.title)).toEqual(["Verdicts", "Loss"]);
  expect(moved).toContain("# the one that matters");
  const more = withNewPanel(yaml, 1, {
    ...emptyPanel,
    type: "scalar",
    title: "Cost",
    metrics: ["cost/total_cost"],
  });
  expect(draftOf(more).draft?.panels.map((one) => one.type)).toEqual(["line", "scalar", "pie"]);
  expect(draftOf(withoutPanel(more, 0)).draft?.panels.map((one) => one.title)).toEqual(["Cost", "Verdicts"]);
});

test("an empty text becomes a dashboard", () => {
  const made = withNewPanel("", 0, { ...emptyPanel, metrics: ["loss"] });
  expect(draftOf(made).draft?.panels).toEqual([{ ...emptyPanel, metrics: ["loss"] }]);
  expect(withTitle("panels: []\n", "New")).toBe("panels: []\ntitle: New\n");
});

test("data sets come and go", () => {
  const next = withDatasets(yaml, ["gsm8k", "math"]);
  expect(draftOf(next).draft?.datasets).toEqual(["gsm8k", "math"]);
  expect(draftOf(withDatasets(next, [])).draft?.datasets).toEqual([]);
  expect(withDatasets(next, [])).not.toContain("datasets");
});

test("YAML that is none is told with its line and never changed", () => {
  const broken = "panels:\n  - {type: line\n";
  expect(draftOf(broken).problem).toMatch(/line [23]/);
  expect(withTitle(broken, "x")).toBe(broken);
  expect(draftOf("- a\n").problem).toMatch(/mapping/);
});
