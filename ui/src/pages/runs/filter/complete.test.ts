import { expect, test } from "vitest";
import { completionsOf } from "./complete";

const column = (name: string) => ({ name, runs: 3, numbers: 3 });
const columns = { config: [column("lr"), column("lora.r"), column("my key")], summary: [column("val/loss")] };
const texts = (filter: string, cursor = filter.length) =>
  completionsOf(filter, cursor, columns).map((one) => one.text);

test("fields, then operators, then values of a state, then what joins", () => {
  expect(texts("lo")).toEqual(["config.lora.r", "summary.val/loss"]);
  expect(texts("config.lr ").slice(0, 3)).toEqual(["=", "!=", "<"]);
  expect(texts("state = f")).toEqual(["finished", "failed"]);
  expect(texts("state = finished ")).toEqual(["and", "or"]);
  expect(texts("state = finished and val")).toEqual(["summary.val/loss"]);
});

test("only what stands before the cursor counts; names with spaces are quoted", () => {
  expect(completionsOf("con.my and state = x", 0, columns)[0]).toMatchObject({ from: 0, to: 0 });
  expect(texts("my")).toEqual(["`config.my key`"]);
});

test("an open quote offers fields", () => {
  expect(texts('name = "x').length).toBeGreaterThan(0);
});
