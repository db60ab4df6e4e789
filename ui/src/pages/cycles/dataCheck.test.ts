import { expect, test } from "vitest";
import { readDataCheck, readRowsBuilt } from "./dataCheck";

test("findings come worst first, and what is odd is text, not an error", () => {
  const found = readDataCheck({
    verdict: "warn",
    rows: { train: 115, dev: 34, note: "x" },
    findings: [
      { check: "a", level: "ok", says: "fine", mend: "", examples: [] },
      { check: "b", level: "warn", says: "look", mend: "do", examples: ["one", 2] },
      { check: "c", level: "fail", says: null },
      "no object",
    ],
  });
  expect(found?.findings.map((one) => [one.check, one.says])).toEqual([
    ["c", ""],
    ["b", "look"],
    ["a", "fine"],
  ]);
  expect(found?.rows).toEqual([
    ["train", 115],
    ["dev", 34],
  ]);
  expect(found?.findings[1]?.examples).toEqual(["one", "2"]);
});

test("what has another shape is left to be shown as it is", () => {
  expect([readDataCheck(null), readDataCheck({ verdict: "ok" }), readDataCheck([])]).toEqual([
    null,
    null,
    null,
  ]);
  expect(readRowsBuilt({ rows: 3 })).toBeNull();
});

test("rows that were added and left out are counted", () => {
  expect(
    readRowsBuilt({ n_train: 96, n_repeated: 19, n_recombined: 2, dropped: { near_frozen: 3 } }),
  ).toEqual({
    before: 96,
    repeated: 19,
    recombined: 2,
    dropped: [["near_frozen", 3]],
  });
});
