import { expect, test } from "vitest";
import { bucketCount } from "./bucketCount";

test("a bucket for each pixel of the screen, in few steps", () => {
  expect([200, 340, 460, 700, 1400].map((widthPx) => bucketCount(widthPx, 1, 1))).toEqual([
    250, 500, 500, 1000, 2000,
  ]);
  expect(bucketCount(460, 2, 1)).toBe(1000);
  expect(bucketCount(9000, 3, 1)).toBe(4000);
});

test("many lines have fewer, and never more altogether than are drawn at once", () => {
  expect([1, 25, 50, 100, 200, 500].map((lines) => bucketCount(1400, 1, lines))).toEqual([
    2000, 2000, 1000, 500, 250, 250,
  ]);
  expect(bucketCount(340, 1, 50)).toBe(500);
});
