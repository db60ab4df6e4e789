import { expect, test } from "vitest";
import { changesFor } from "./sweepStates";

test("each state offers what leads out of it, and never itself", () => {
  const offered = (state: string) => changesFor(state).map((one) => one.state);
  expect(offered("RUNNING")).toEqual(["PAUSED", "FINISHED", "CANCELED"]);
  expect(offered("PAUSED")).toEqual(["RUNNING", "FINISHED", "CANCELED"]);
  for (const over of ["FINISHED", "CANCELED", "STOPPED"]) expect(offered(over)).toEqual(["RUNNING"]);
});

test("what ends something is asked about first", () => {
  const asked = changesFor("RUNNING").filter((one) => one.question !== null);
  expect(asked.map((one) => one.state)).toEqual(["FINISHED", "CANCELED"]);
});
