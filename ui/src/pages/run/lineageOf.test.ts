import { expect, test } from "vitest";
import { cycleOf, forkOf, groupFilter, isKeptByClient, isReport } from "./lineageOf";

test("what a run was forked from", () => {
  expect(forkOf("abc?_step=12")).toEqual({ run: "abc", step: 12 });
  expect(forkOf("abc")).toEqual({ run: "abc", step: null });
  expect(forkOf(null)).toBeNull();
  expect(forkOf("")).toBeNull();
});

test("a group's filter is one text whatever is in its name", () => {
  expect(groupFilter('a "b" \\c')).toBe('group = "a \\"b\\" \\\\c"');
});

test("the cycle is where the program writes it; anything else is none", () => {
  expect([{ cycle_run: "c1" }, { cycle_run: 7 }, {}, null, "x"].map(cycleOf)).toEqual([
    "c1",
    null,
    null,
    null,
    null,
  ]);
});

test("versions that the client makes of its own accord", () => {
  expect(["run_table", "wandb-history", "model"].map((type) => isKeptByClient({ type }))).toEqual([
    true,
    true,
    false,
  ]);
});

test("a run that a script calls eval is no report", () => {
  expect(isReport({ job_type: "eval", config: { data_sha256: "ab" } })).toBe(true);
  expect(isReport({ job_type: "eval", config: {} })).toBe(false);
  expect(isReport({ job_type: "train", config: { data_sha256: "ab" } })).toBe(false);
});
