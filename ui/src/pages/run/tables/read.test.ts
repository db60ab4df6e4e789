import { expect, test } from "vitest";
import { joinTables, quoteBareNumbers, readTable } from "./read";

test("columns and rows, NaN and infinities bare as the client writes them", () => {
  const text =
    '{"columns":["a","b \\" NaN"],"data":[[1,NaN],[-Infinity,"NaN, Infinity \\\\"],[Infinity,null]]}';
  expect(readTable(text)).toEqual({
    columns: ["a", 'b " NaN'],
    rows: [
      [1, "NaN"],
      ["-Infinity", "NaN, Infinity \\"],
      ["Infinity", null],
    ],
  });
  expect(quoteBareNumbers('[-1, "-Infinity", -Infinity]')).toBe('[-1, "-Infinity", "-Infinity"]');
});

test("uneven rows, names that are no texts, too few names", () => {
  expect(readTable('{"columns":[0,{"x":1},""],"data":[[1,2,3],4,[]]}')).toEqual({
    columns: ["0", '{"x":1}', "column 3"],
    rows: [[1, 2, 3], [4], []],
  });
  expect(
    joinTables([readTable('{"columns":["a"],"data":[[1]]}'), readTable('{"columns":["a"],"data":[[2]]}')]),
  ).toEqual({ columns: ["a"], rows: [[1], [2]] });
});

test("what is no table is said to be none", () => {
  expect(() => readTable("[1]")).toThrow("no list `data`");
  expect(() => readTable("null")).toThrow("no list `data`");
  expect(() => readTable('{"data":[')).toThrow(SyntaxError);
});
