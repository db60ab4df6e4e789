import { expect, test } from "vitest";
import { arranged, orderOf } from "./arrange";

const table = {
  columns: ["id", "my score", "text"],
  rows: [
    [0, 0.5, "a cat"],
    [1, null, "two cats"],
    [2, "NaN", "dog"],
    [3, -2, { animal: "cat" }],
    [4, 10, 'a "quoted" DOG'],
  ],
};

test("numbers in order, what is undefined last in either direction", () => {
  expect(arranged(table, "", orderOf("+1"))).toEqual([3, 0, 4, 1, 2]);
  expect(arranged(table, "", orderOf("-1"))).toEqual([4, 0, 3, 1, 2]);
  expect(arranged(table, "", orderOf("sideways"))).toEqual([0, 1, 2, 3, 4]);
  expect(arranged(table, "", orderOf("+99"))).toEqual([0, 1, 2, 3, 4]);
});

test("words anywhere, comparisons of a column, all of them hold", () => {
  expect(arranged(table, "CAT", null)).toEqual([0, 1, 3]);
  expect(arranged(table, '"a cat"', null)).toEqual([0]);
  expect(arranged(table, '"my score">-5 "my score"<=10 text~dog', null)).toEqual([4]);
  expect(arranged(table, '"my score"=0.50', null)).toEqual([0]);
  expect(arranged(table, '"my score"=NaN', null)).toEqual([2]);
  expect(arranged(table, "id!=0 cat", null)).toEqual([1, 3]);
  expect(arranged(table, '"my score"> ', null)).toEqual([]);
});

test("a column that is not there is named", () => {
  expect(() => arranged(table, "score>1", null)).toThrow('the table has no column "score"');
});
