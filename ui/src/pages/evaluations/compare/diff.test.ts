import { expect, test } from "vitest";
import { diffTexts } from "./diff";

const marked = (parts: { text: string; isOwn: boolean }[]) =>
  parts.map((part) => (part.isOwn ? `[${part.text}]` : part.text)).join("");

test("only what differs is marked, in both", () => {
  const found = diffTexts('{"x": 3, "y": 10}', '{"x": 4, "y": 10, "z": 1}');
  expect(marked(found.left)).toBe('{"x": [3], "y": 10}');
  expect(marked(found.right)).toBe('{"x": [4], "y": 10[, "z": 1]}');
});

test("the parts give the text back", () => {
  const [left, right] = ["a b  c\nd <b>", "b c x d\n👩‍🔬"];
  const found = diffTexts(left, right);
  expect(found.left.map((part) => part.text).join("")).toBe(left);
  expect(found.right.map((part) => part.text).join("")).toBe(right);
});

test("equal texts have no mark, empty ones no parts", () => {
  expect(marked(diffTexts("same words", "same words").left)).toBe("same words");
  expect(diffTexts("", "")).toEqual({ left: [], right: [] });
});

test("very long texts are compared without a table of their square", () => {
  const long = (word: string) => `start ${`${word} `.repeat(5000)}end`;
  const found = diffTexts(long("a"), long("b"));
  expect(found.left.filter((part) => part.isOwn)).toHaveLength(1);
  expect(found.left.map((part) => part.text).join("")).toBe(long("a"));
});
