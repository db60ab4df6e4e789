// Colours of series: told apart with deficient colour vision (after Okabe and Ito, and Tol), at least 3:1 on
// their ground in either theme.

const light = [
  "#0067a5",
  "#c04a00",
  "#007a5e",
  "#b0347c",
  "#6b5300",
  "#5b4bc4",
  "#c4262e",
  "#1f7a8c",
  "#4d6b00",
  "#8a4b9e",
  "#7a4a2b",
  "#4a5566",
];
const dark = [
  "#56b4e9",
  "#f0904a",
  "#2fc49a",
  "#f08cc4",
  "#e0c040",
  "#a99cf5",
  "#ff8079",
  "#5fd0de",
  "#a6cc4e",
  "#d59ae6",
  "#d0a07a",
  "#aab6c6",
];

export const paletteSize = light.length;

/** What the colours of both themes are called, by place. */
export const colourNames = [
  "blue",
  "orange",
  "green",
  "pink",
  "ochre",
  "violet",
  "red",
  "teal",
  "olive",
  "purple",
  "brown",
  "grey",
];

/** The colour at a place of the palette, which repeats. */
export function seriesColour(place: number, isDark: boolean): string {
  const colours = isDark ? dark : light;
  return colours[((place % paletteSize) + paletteSize) % paletteSize] ?? "#888888";
}

/** A place that depends on the id alone: a run keeps its colour in every view. */
export function paletteStart(id: string): number {
  let hash = 2166136261;
  for (let at = 0; at < id.length; at++) hash = Math.imul(hash ^ id.charCodeAt(at), 16777619);
  return (hash >>> 0) % paletteSize;
}

/**
 * Places for what is drawn together: each its own as long as there are any, then as evenly as can be. Who had one
 * in `before` keeps it; the others begin to look where their name says.
 */
export function assignPlaces(ids: string[], before: ReadonlyMap<string, number>): Map<string, number> {
  const uses = new Array<number>(paletteSize).fill(0);
  const places = new Map<string, number>();
  const take = (id: string, place: number) => {
    places.set(id, place);
    uses[place] = (uses[place] ?? 0) + 1;
  };
  for (const id of ids) {
    const place = before.get(id);
    if (place !== undefined) take(id, place);
  }
  for (const id of ids) {
    if (places.has(id)) continue;
    const least = Math.min(...uses);
    let place = paletteStart(id);
    while (uses[place] !== least) place = (place + 1) % paletteSize;
    take(id, place);
  }
  return places;
}

/** Contrast of two colours `#rrggbb` as WCAG 2 defines it, 1 to 21. */
export function contrast(first: string, second: string): number {
  const [high, low] = [luminance(first), luminance(second)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
