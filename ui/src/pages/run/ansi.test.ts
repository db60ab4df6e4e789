import { expect, test } from "vitest";
import { ansiPieces } from "./ansi";

const plain = { colour: null, isBold: false };

test("cursor moves and links go, the text stays, colours are kept", () => {
  expect(
    ansiPieces("\u001b[31;1mred\u001b[0m [x] \u001b]8;;http://a\u0007link\u001b]8;;\u0007\u001b[2K!"),
  ).toEqual([
    { text: "red", colour: 1, isBold: true },
    { text: " [x] ", ...plain },
    { text: "link", ...plain },
    { text: "!", ...plain },
  ]);
});

test("bright and palette colours; what follows a true colour is no code of its own", () => {
  expect(ansiPieces("\u001b[92ma\u001b[38;5;4mb\u001b[38;2;1;31;9mc\u001b[48;5;1md\u001b[39me")).toEqual([
    { text: "a", colour: 10, isBold: false },
    { text: "b", colour: 4, isBold: false },
    { text: "c", ...plain },
    { text: "d", ...plain },
    { text: "e", ...plain },
  ]);
});
