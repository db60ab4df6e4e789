import { expect, test } from "vitest";
import { resultColumns } from "./results";

test("results are shown, fields of media and what is the client's own are not", () => {
  const names = [
    "_step",
    "loss",
    "val.loss",
    "seen/table._type",
    "seen/table.nrows",
    "picture._type",
    "picture.boxes.seen.path",
    "pictures.count",
  ];
  const summary = names.map((name) => ({ name, runs: 1, numbers: 1 }));
  expect(resultColumns({ summary }).map(({ name }) => name)).toEqual(["loss", "val.loss", "pictures.count"]);
});
