import { expect, test } from "vitest";
import { isTable, mediaOf, mediaWords, placeAt } from "./values";

test("one image, several, and lists of other media as the client writes them", () => {
  expect(mediaOf({ _type: "image-file", path: "a.png", caption: "one" })).toEqual({
    kind: "image",
    items: [{ path: "a.png", caption: "one", layers: [] }],
    histogram: null,
  });
  const several = { _type: "images/separated", filenames: ["a.png", "b.png"], captions: ["x", ""] };
  expect(mediaOf(several).items).toEqual([
    { path: "a.png", caption: "x", layers: [] },
    { path: "b.png", caption: null, layers: [] },
  ]);
  const sounds = {
    _type: "audio",
    count: 1,
    audio: [{ _type: "audio-file", path: "a.wav", caption: "beep" }],
  };
  expect(mediaOf(sounds)).toMatchObject({ kind: "audio", items: [{ path: "a.wav", caption: "beep" }] });
  expect(mediaOf({ _type: "molecule-file", path: "a.pdb" }).kind).toBe("file");
});

test("each of several images has its own boxes and masks", () => {
  const boxes = { seen: { _type: "boxes2D", path: "b.json" } };
  const several = {
    _type: "images/separated",
    filenames: ["a.png", "b.png"],
    all_boxes: [null, boxes],
    all_masks: [{ m: { path: "m.png" } }],
  };
  expect(mediaOf(several).items.map((item) => item.layers.map((layer) => layer.path))).toEqual([
    ["m.png"],
    ["b.json"],
  ]);
});

test("histograms with edges and with packed bins; broken ones are none", () => {
  expect(mediaOf({ _type: "histogram", values: [1, 2], bins: [0, 1, 2] }).histogram).toEqual({
    edges: [0, 1, 2],
    counts: [1, 2],
  });
  const packed = { _type: "histogram", values: [1, 2], packedBins: { min: 10, size: 5, count: 2 } };
  expect(mediaOf(packed).histogram?.edges).toEqual([10, 15, 20]);
  expect(mediaOf({ _type: "histogram", values: [1, 2], bins: [0] }).histogram).toBeNull();
});

test("what is no media harms nobody", () => {
  for (const value of [null, 3, "text", [], {}, { _type: 7 }, { _type: "image-file", path: { a: 1 } }])
    expect(mediaOf(value).items).toEqual([]);
  expect(isTable("incremental-table-file") && isTable("table-file") && !isTable("html-file")).toBe(true);
});

test("the step is the last that is not after the wanted one", () => {
  const steps = [{ step: 10 }, { step: 20 }, { step: 30 }];
  expect([null, 5, 10, 29, 99].map((wanted) => placeAt(steps, wanted))).toEqual([2, 0, 0, 1, 2]);
  expect(placeAt([], 3)).toBe(-1);
});

test("media are told in a few words, other values are not", () => {
  const told = [
    { _type: "table-file", nrows: 2000, ncols: 1, path: "t.json" },
    { _type: "images/separated", filenames: ["a", "b", "c"] },
    { _type: "image-file", path: "a.png" },
    { _type: "object3D-file", path: "a.glb" },
    { _type: 3 },
    { loss: 1 },
    null,
  ].map(mediaWords);
  expect(told).toEqual([
    "table, 2,000 rows, 1 column",
    "image, 3 of them",
    "image",
    "object3D",
    null,
    null,
    null,
  ]);
});
