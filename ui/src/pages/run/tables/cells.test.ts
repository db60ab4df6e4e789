import { expect, test } from "vitest";
import { hasPlaceholders, isKeptOf, layerNamesOf, mediaCellOf } from "./cells";
import { namesKept, versionsToTry } from "./keptTable";

const picture = {
  _type: "image-file",
  path: "media/images/a.png",
  boxes: { seen: [{ class_id: 1, position: { minX: 0, maxX: 1, minY: 0, maxY: 1 } }] },
};
const logged = {
  columns: ["id", "picture"],
  rows: [
    [0, "Image"],
    [1, null],
  ],
};

test("cells that are media, and all that are not", () => {
  expect(mediaCellOf(picture)).toMatchObject({
    kind: "image",
    item: { path: "media/images/a.png", layers: [{ name: "seen", boxes: [{ classId: 1 }] }] },
  });
  for (const cell of [null, 3, "Image", [picture], { path: "a" }, { _type: "image-file", path: 3 }])
    expect(mediaCellOf(cell)).toBeNull();
});

test("a kept table is the one that is the same but for its media", () => {
  expect(hasPlaceholders(logged)).toBe(true);
  expect(hasPlaceholders({ columns: ["a"], rows: [["image"], [3]] })).toBe(false);
  expect(
    isKeptOf(
      {
        columns: ["id", "picture"],
        rows: [
          [0, picture],
          [1, null],
        ],
      },
      logged,
    ),
  ).toBe(true);
  expect(
    isKeptOf(
      {
        columns: ["id", "picture"],
        rows: [
          [7, picture],
          [1, null],
        ],
      },
      logged,
    ),
  ).toBe(false);
  expect(
    isKeptOf(
      {
        columns: ["id", "picture"],
        rows: [
          [0, "a cat"],
          [1, null],
        ],
      },
      logged,
    ),
  ).toBe(false);
  expect(isKeptOf({ columns: ["id", "picture"], rows: [[0, picture]] }, logged)).toBe(false);
});

test("the client's name for what it keeps of a key, with letters left out", () => {
  expect(namesKept("run-r1-predictions", "r1", "predictions")).toBe(true);
  expect(namesKept("run-r1-valpredictions-AbC_-1", "r1", "val/predictions")).toBe(true);
  expect(namesKept("run-r1-predictions-other", "r1", "predictions")).toBe(false);
  expect(namesKept("run-r2-predictions", "r1", "predictions")).toBe(false);
});

test("a version a step where there are as many, else the newest first", () => {
  expect(versionsToTry(["v0", "v1", "v2"], 1, 3)).toEqual(["v1", "v2", "v0"]);
  expect(versionsToTry(["v10", "v9"], 0, 5)).toEqual(["v10", "v9"]);
});

test("names of classes from what the client says of a column", () => {
  const val = { seen: { 0: "ground", 1: "cat" } };
  const type = { wb_type: "image-file", params: { mask_class_maps: { params: { val } } } };
  const columnTypes = {
    params: { type_map: { picture: { params: { allowed_types: [type, { wb_type: "none" }] } } } },
  };
  const layer = { kind: "mask" as const, name: "seen", path: "m.png", boxes: [] };
  expect(layerNamesOf({ ...logged, columnTypes }, "picture")(layer).get(1)).toBe("cat");
  expect(layerNamesOf({ ...logged, columnTypes }, "id")(layer).size).toBe(0);
  expect(layerNamesOf({ ...logged, columnTypes: 3 }, "picture")({ ...layer, kind: "boxes" }).size).toBe(0);
});
