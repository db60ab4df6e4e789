import { expect, test } from "vitest";
import { parseColours } from "./chosenColours";

test("places by id; nonsense in the store is no choice", () => {
  expect([...parseColours('[["a",0],["b",11]]')]).toEqual([
    ["a", 0],
    ["b", 11],
  ]);
  expect(parseColours('[["a",12],["b",-1],["c","1"],[3,4],"x",null]').size).toBe(0);
  expect(parseColours("{").size + parseColours(null).size + parseColours('{"a":1}').size).toBe(0);
});
