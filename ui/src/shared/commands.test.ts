import { expect, test } from "vitest";
import { matching } from "./commands";

const labels = (wanted: string) =>
  matching([{ label: "Open settings" }, { label: "Project set-a" }, { label: "set-b" }], wanted).map(
    (one) => one.label,
  );

test("all words count, what starts with them comes first", () => {
  expect(labels("SET")).toEqual(["set-b", "Open settings", "Project set-a"]);
  expect(labels("set pro")).toEqual(["Project set-a"]);
  expect(labels("nowhere")).toEqual([]);
  expect(labels(" ")).toHaveLength(3);
});
