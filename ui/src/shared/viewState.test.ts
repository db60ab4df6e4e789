import { expect, test } from "vitest";
import { choice, decodeView, encodeView, flag, list, number, optionalText, range, text } from "./viewState";

const codecs = {
  filter: text(),
  smooth: number(0, 0, 0.999),
  log: flag(),
  x: choice(["step", "time"], "step"),
  pin: list,
  zoom: range,
  baseline: optionalText,
};
const initial = decodeView(codecs, "");

test("what a person chose comes back from the address", () => {
  const chosen = {
    filter: "config.lr < 0.01 & name = ☃",
    smooth: 0.6,
    log: true,
    x: "time" as const,
    pin: ["a,b", "train/loss", "?&="],
    zoom: { min: -1.5, max: 2e9 },
    baseline: "",
  };
  expect(decodeView(codecs, encodeView(codecs, "", chosen))).toEqual(chosen);
});

test("defaults are left out, other names stay", () => {
  expect(encodeView(codecs, "smooth=0.5&other=1", { smooth: 0, log: false })).toBe("other=1");
  expect(encodeView(codecs, "", initial)).toBe("");
});

test("nonsense is the default, too much is the limit", () => {
  expect(decodeView(codecs, "smooth=x&log=maybe&x=moon&zoom=3~1&zoom=1~2")).toEqual(initial);
  expect(decodeView(codecs, "zoom=~5").zoom).toBeNull();
  expect(decodeView(codecs, "smooth=7").smooth).toBe(0.999);
});
