import { expect, test } from "vitest";
import { pagesAround } from "./useRunRows";

test("pages beside those in sight are fetched once one scrolls", () => {
  expect(pagesAround({ first: 0, last: 0, isScrolled: false })).toEqual([0]);
  expect(pagesAround({ first: 0, last: 0, isScrolled: true })).toEqual([0, 1]);
  expect(pagesAround({ first: 4, last: 5, isScrolled: true })).toEqual([0, 4, 5, 6, 3]);
});
