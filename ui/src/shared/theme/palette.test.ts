import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { colourOf } from "./theme";
import { contrast, paletteSize, paletteStart, seriesColour, assignPlaces } from "./palette";

const css = readFileSync(new URL("./theme.css", import.meta.url), "utf8");
const coloursOf = (isDark: boolean): Record<string, string> =>
  Object.fromEntries(
    [...css.matchAll(/--([\w-]+): (light-dark\(#[^)]+\));/g)].map((m) => [
      m[1] ?? "",
      colourOf(m[2] ?? "", isDark),
    ]),
  );

test("series stand out from either ground", () => {
  for (let place = 0; place < paletteSize; place++) {
    expect(contrast(seriesColour(place, false), "#ffffff"), `light ${place}`).toBeGreaterThanOrEqual(3);
    expect(contrast(seriesColour(place, true), "#101418"), `dark ${place}`).toBeGreaterThanOrEqual(3);
  }
});

test("text is readable on every ground of both themes", () => {
  for (const isDark of [false, true]) {
    const colours = coloursOf(isDark);
    for (const text of ["text", "muted", "accent", "good", "bad", "warn"]) {
      for (const ground of ["ground", "raised", "hover", "chosen"]) {
        if (text === "muted" || !["hover", "chosen"].includes(ground)) {
          expect(
            contrast(colours[text] ?? "", colours[ground] ?? ""),
            `${text} on ${ground}`,
          ).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
    expect(contrast(colours["accent-text"] ?? "", colours["accent"] ?? "")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours["bad"] ?? "", colours["bad-ground"] ?? "")).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colours["warn"] ?? "", colours["warn-ground"] ?? "")).toBeGreaterThanOrEqual(4.5);
  }
});

test("one of two colours by the theme, one colour as it is", () => {
  expect(colourOf(" light-dark(#ffffff, #101418) ", false)).toBe("#ffffff");
  expect(colourOf("light-dark(#fff,#101418)", true)).toBe("#101418");
  expect(colourOf(" #123456", true)).toBe("#123456");
});

test("a run keeps its colour", () => {
  expect(paletteStart("ab12cd34")).toBe(paletteStart("ab12cd34"));
  const places = new Set(Array.from({ length: 200 }, (_, index) => paletteStart(`run${index}`)));
  expect(places.size).toBe(paletteSize);
});

test("what is drawn together has its own colours as long as there are any, and keeps them", () => {
  const ids = Array.from({ length: 30 }, (_, at) => `run${at}`);
  const first = assignPlaces(ids.slice(0, 12), new Map());
  expect(new Set(first.values()).size).toBe(12);
  const all = assignPlaces(ids, first);
  for (const id of ids.slice(0, 12)) expect(all.get(id)).toBe(first.get(id));
  const uses = [...all.values()].map((place) => [...all.values()].filter((one) => one === place).length);
  expect(Math.max(...uses)).toBe(3);
});
