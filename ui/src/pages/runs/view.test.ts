import { expect, test } from "vitest";
import { orderOf, sortOf } from "./view";

test("columns sort by the server's names, groups stay together", () => {
  expect(orderOf({ sort: "-created", group: null })).toBe("-created_at");
  expect(orderOf({ sort: "+summary:val/loss", group: "lora.r" })).toBe(
    "+config.lora.r,+summary_metrics.val/loss",
  );
  expect(sortOf({ sort: "+config:lr" })).toEqual({ id: "config:lr", isDescending: false });
});
