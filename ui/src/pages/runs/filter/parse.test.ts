import { expect, test } from "vitest";
import { parseFilter } from "./parse";
import { FilterError } from "./tokens";

const cases: [string, unknown][] = [
  ["", null],
  ["state = finished", { state: "finished" }],
  [
    "config.lr < 0.01 and state = finished",
    { $and: [{ "config.lr": { $lt: 0.01 } }, { state: "finished" }] },
  ],
  ["config.lora.r >= 16 or tag = keeper", { $or: [{ "config.lora.r": { $gte: 16 } }, { tags: "keeper" }] }],
  [
    "(a-b or name ~ '^x') and not state in (failed, crashed)",
    {
      $and: [
        {
          $or: [
            { display_name: { $regex: "a-b", $options: "i" } },
            { display_name: { $regex: "^x", $options: "i" } },
          ],
        },
        { $nor: [{ state: { $in: ["failed", "crashed"] } }] },
      ],
    },
  ],
  ["val/loss <= 1.5e-3", { "summary_metrics.val/loss": { $lte: 0.0015 } }],
  ["summary.loss exists", { "summary_metrics.loss": { $exists: true } }],
  ["`config.my key` != true", { "config.my key": { $ne: true } }],
  ['notes contains "50% (ok)"', { notes: { $regex: "50% \\(ok\\)", $options: "i" } }],
  ["config.model = 7b-v2", { "config.model": "7b-v2" }],
  ["id:ab12", { name: { $regex: "ab12", $options: "i" } }],
];

test.each(cases)("%s", (filter, json) => expect(parseFilter(filter)).toEqual(json));

test.each([
  ["state =", 7, /a value is missing/],
  ["state = finished tag = x", 17, /join conditions/],
  ["lr < 1", 0, /config\.NAME/],
  ['name = "open', 7, /never closed/],
  ["(state = x", 10, /"\)" is missing/],
  ["state in failed", 9, /"\(" is missing/],
  ["and", 0, null],
])("%s is told where it is wrong", (filter, at, message) => {
  if (message === null)
    return expect(parseFilter(filter)).toEqual({ display_name: { $regex: "and", $options: "i" } });
  expect(() => parseFilter(filter)).toThrow(message);
  try {
    parseFilter(filter);
  } catch (error) {
    expect((error as FilterError).at).toBe(at);
  }
});
