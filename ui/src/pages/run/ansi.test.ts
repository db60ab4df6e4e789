import { expect, test } from "vitest";
import { stripAnsi } from "./ansi";

test("colours, cursor moves and links go, the text stays", () => {
  expect(
    stripAnsi("\u001b[31;1mred\u001b[0m [x] \u001b]8;;http://a\u0007link\u001b]8;;\u0007\u001b[2K!"),
  ).toBe("red [x] link!");
});
