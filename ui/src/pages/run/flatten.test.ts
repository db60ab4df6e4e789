import { expect, test } from "vitest";
import { differencesOf, flatten } from "./flatten";

test("nested names have dots, lists and empty objects stay", () => {
  expect(flatten({ b: { d: [1, 2], c: null }, a: 1, e: {} })).toEqual([
    ["a", 1],
    ["b.c", null],
    ["b.d", [1, 2]],
    ["e", {}],
  ]);
});

test("every key of either run is told once", () => {
  const found = differencesOf(
    { lr: 1, lora: { r: 8, alpha: 16 }, old: true },
    { lr: 1, lora: { r: 16, alpha: 16 }, new: null },
  );
  expect(found.map((one) => [one.name, one.kind])).toEqual([
    ["lora.alpha", "same"],
    ["lora.r", "changed"],
    ["lr", "same"],
    ["new", "right only"],
    ["old", "left only"],
  ]);
});
