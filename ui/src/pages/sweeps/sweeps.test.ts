import { expect, test } from "vitest";
import { axisOf, metricAxis, moved, ordered, shareOf, unitsAt, unitsOf, type AxisChoices } from "./axes";
import { brushCodec, dragged, gripOf, withinAll } from "./brush";
import { cellsOf } from "./contour";
import { lineAt, polylinesOf } from "./parallelDraw";
import { sortedTrials } from "./trialOrder";
import { lackOf, trialsOf, type Trial } from "./trials";

const plain: AxisChoices = { log: [], linear: [], reversed: [] };
const trial = (number: number, parameters: Record<string, unknown>, value: number | null): Trial => ({
  number,
  run: `run${number}`,
  state: "finished",
  parameters,
  value,
  count: value === null ? 0 : 1,
  bestSoFar: null,
});
const trials = [
  trial(1, { lr: 1e-5, kind: "b", r: 8 }, 3),
  trial(2, { lr: 1e-4, kind: "a", r: 64 }, NaN),
  trial(3, { lr: 1e-2, kind: "a" }, 1),
  trial(4, { lr: 2e-5, kind: "b", r: 8 }, null),
];
const axis = (id: string, choices = plain) => axisOf(trials, id, id, choices);

test("answers become trials: groups get dots, texts of NaN numbers", () => {
  const [found] = trialsOf([
    {
      run: "x",
      state: "running",
      parameters: { lora: { r: 8, on: [1] }, lr: 0.1 } as never,
      last: "NaN" as never,
      count: 2,
    },
  ]);
  expect(found?.parameters).toEqual({ "lora.r": 8, "lora.on": [1], lr: 0.1 });
  expect([found?.value, found && lackOf(found, "loss")]).toEqual([NaN, "NaN"]);
  expect(trials.map((one) => lackOf(one, "loss"))).toEqual([null, "NaN", null, "never logged loss"]);
});

test("what was drawn from a log distribution gets a log axis, unless a person says otherwise", () => {
  expect([axis("lr").isLog, axis("lr", { ...plain, linear: ["lr"] }).isLog, axis("r").isLog]).toEqual([
    true,
    false,
    false,
  ]);
  const uniform = Array.from({ length: 50 }, (_, at) => trial(at, { p: 0.001 + at / 100 }, 1));
  expect(axisOf(uniform, "p", "p", plain).isLog).toBe(false);
});

test("values come back from where they lie on an axis", () => {
  for (const choices of [plain, { ...plain, reversed: ["lr"] }]) {
    const lr = axis("lr", choices);
    expect(unitsAt(lr, shareOf(lr, 1e-3))).toBeCloseTo(1e-3, 9);
  }
  expect(shareOf(axis("lr", { ...plain, reversed: ["lr"] }), 1e-5)).toBe(1);
});

test("categories are sorted places; what is missing has none", () => {
  const kind = axis("kind");
  expect(kind.categories).toEqual(["a", "b"]);
  expect(trials.map((one) => unitsOf(kind, one))).toEqual([1, 0, 0, 1]);
  expect(trials.map((one) => unitsOf(axis("r"), one))).toEqual([8, 64, null, 8]);
  expect(trials.map((one) => unitsOf(axis(metricAxis), one))).toEqual([3, null, 1, null]);
});

test("brushes hold together; a trial without a place is outside", () => {
  const axes = ["lr", "kind", "r", metricAxis].map((id) => axis(id));
  const runs = (...brushes: { axis: string; min: number; max: number }[]) =>
    withinAll(trials, axes, brushes).map((one) => one.number);
  expect(runs()).toEqual([1, 2, 3, 4]);
  expect(runs({ axis: "kind", min: -0.5, max: 0.4 })).toEqual([2, 3]);
  expect(runs({ axis: "kind", min: 0.6, max: 1.5 }, { axis: "lr", min: 1e-5, max: 1.5e-5 })).toEqual([1]);
  expect(runs({ axis: metricAxis, min: 0, max: 10 })).toEqual([1, 3]);
  expect(runs({ axis: "gone", min: 0, max: 1 })).toEqual([1, 2, 3, 4]);
});

test("brushes survive the address, names with tildes too", () => {
  const brushes = [
    { axis: "a~b", min: -1, max: 2.5 },
    { axis: "lr", min: 1e-5, max: 1e-3 },
  ];
  expect(brushCodec.decode(brushCodec.encode(brushes))).toEqual(brushes);
  expect(brushCodec.decode(["lr~3~1", "lr", "lr~x~1"])).toEqual([]);
});

test("a drag makes, moves or widens a brush and stays on the axis", () => {
  const brush = { min: 0.4, max: 0.6 };
  expect([0.61, 0.39, 0.5, 0.9].map((at) => gripOf(at, brush, 0.02))).toEqual(["max", "min", "move", "new"]);
  expect(gripOf(0.5, null, 0.02)).toBe("new");
  expect(dragged("new", null, 0.8, 0.2)).toEqual({ min: 0.2, max: 0.8 });
  expect(dragged("max", brush, 0.6, 0.1)).toEqual({ min: 0.1, max: 0.4 });
  const pushed = dragged("move", brush, 0.5, 1.4);
  expect([pushed.min, pushed.max]).toEqual([0.8, 1].map((share) => expect.closeTo(share, 9) as number));
});

test("axes move to where they are dropped; unknown names in the address are passed over", () => {
  expect(moved(["a", "b", "c"], "c", 0)).toEqual(["c", "a", "b"]);
  expect(moved(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
  expect(ordered(["a", "b", "c"], ["c", "gone"])).toEqual(["c", "a", "b"]);
});

test("cells have exact means; trials without a place are in none", () => {
  const cells = cellsOf(trials, axis("lr"), axis("kind"), false);
  expect(cells.map((cell) => [cell.mean, cell.trials.length])).toEqual([
    [3, 1],
    [1, 1],
  ]);
  const together = cellsOf(
    [...trials, trial(5, { lr: 1.1e-5, kind: "b" }, 5)],
    axis("lr"),
    axis("kind"),
    false,
  );
  expect(together[0]).toMatchObject({ mean: 4, best: 3, y0: 0.5, y1: 1.5 });
});

test("the line under the pointer is found between its axes", () => {
  const axes = [axis("lr"), axis(metricAxis)];
  const frame = { xs: [0, 100], top: 0, bottom: 100, missingY: 130 };
  const lines = polylinesOf(trials, axes, frame);
  expect(lineAt(lines, frame, 50, 51, 8)?.trial.number).toBe(1);
  expect(lineAt(lines, frame, 99, 129, 8)?.trial.number).toBe(2);
  expect(lineAt(lines, frame, 50, 20, 8)).toBeNull();
});

test("trials without a value come last whichever way they are sorted", () => {
  const numbers = (id: string, isDescending: boolean) =>
    sortedTrials(trials, { id, isDescending }).map((one) => one.number);
  expect(numbers("value", false)).toEqual([3, 1, 2, 4]);
  expect(numbers("value", true)).toEqual([1, 3, 2, 4]);
  expect(numbers("parameter:r", true)).toEqual([2, 1, 4, 3]);
  expect(numbers("#", true)).toEqual([4, 3, 2, 1]);
});
