import { expect, test } from "vitest";
import { placeOf } from "./place";

test("addresses say entity, project and page", () => {
  expect(placeOf("/")).toEqual({ entity: null, project: null, page: "" });
  expect(placeOf("/settings")).toEqual({ entity: null, project: null, page: "settings" });
  expect(placeOf("/me/first%20try/runs/ab12")).toEqual({ entity: "me", project: "first try", page: "runs" });
  expect(placeOf("/me/50%")).toEqual({ entity: "me", project: "50%", page: "" });
});
