import { expect, test } from "vitest";
import { boxFileOf, boxesOf, entryId, fitted, isShown, layersOf, maskNamesOf, shownBox } from "./layers";

const corners = {
  position: { minX: 0.1, maxX: 0.5, minY: 0.2, maxY: 0.6 },
  class_id: 1,
  box_caption: "cat 0.9",
};
const middle = { position: { middle: [40, 30], width: 20, height: 16 }, domain: "pixel", class_id: 2 };

test("boxes by corners in parts of the image, by the middle in pixels", () => {
  const [first, second] = boxesOf([corners, middle]);
  expect(first).toEqual({
    left: 0.1,
    top: 0.2,
    width: 0.4,
    height: expect.closeTo(0.4) as number,
    isPixels: false,
    classId: 1,
    caption: "cat 0.9",
  });
  expect(second).toEqual({
    left: 30,
    top: 22,
    width: 20,
    height: 16,
    isPixels: true,
    classId: 2,
    caption: null,
  });
  const shown = fitted(64, 48, 640, 600);
  expect(shown).toEqual({ left: 0, top: 60, width: 640, height: 480 });
  expect(second && shownBox(second, { width: 64, height: 48 }, shown)).toEqual({
    left: 300,
    top: 280,
    width: 200,
    height: 160,
  });
  expect(first && shownBox(first, { width: 64, height: 48 }, shown).left).toBeCloseTo(64);
});

test("sets of boxes and masks by their files, and boxes within the value", () => {
  expect(
    layersOf(
      { predictions: { _type: "boxes2D", path: "a.json" }, truth: [corners] },
      { parts: { path: "m.png" } },
    ),
  ).toMatchObject([
    { kind: "boxes", name: "predictions", path: "a.json", boxes: [] },
    { kind: "boxes", name: "truth", path: null, boxes: [{ classId: 1 }] },
    { kind: "mask", name: "parts", path: "m.png" },
  ]);
  const file = boxFileOf(JSON.stringify({ box_data: [corners], class_labels: { 1: "cat", x: "no" } }));
  expect(file.boxes).toHaveLength(1);
  expect([...file.names]).toEqual([[1, "cat"]]);
  const labels = { samples_wandb_delimeter_parts: { value: { 0: "ground", 2: "dog" } } };
  const config = { _wandb: { value: { "mask/class_labels": labels } } };
  expect([...maskNamesOf(config, "samples", "parts")]).toEqual([
    [0, "ground"],
    [2, "dog"],
  ]);
  expect(maskNamesOf({ _wandb: 3 }, "samples", "parts").size).toBe(0);
});

test("what is no box harms nobody", () => {
  expect(layersOf(null, [1])).toEqual([]);
  expect(layersOf({ a: 3, b: { path: 3 } }, { c: null })).toEqual([]);
  expect(
    boxesOf([null, 3, {}, { position: { minX: 0 } }, { position: { middle: [1], width: 2, height: 3 } }]),
  ).toEqual([]);
  expect(boxesOf({})).toEqual([]);
});

test("all is drawn but the ground of a mask, until it is toggled", () => {
  const of = (kind: "boxes" | "mask", classId: number) => ({
    kind,
    classId,
    id: entryId({ kind, name: "x" }, classId),
  });
  expect([of("boxes", 0), of("mask", 0), of("mask", 1)].map((one) => isShown(one, new Set()))).toEqual([
    true,
    false,
    true,
  ]);
  expect(isShown(of("mask", 0), new Set(["mask/x/0"]))).toBe(true);
  expect(isShown(of("boxes", 2), new Set(["boxes/x/2"]))).toBe(false);
});
