// Colours for a quantity: one scale of rising lightness, told apart with deficient colour vision (after viridis),
// cut so that both ends stand out from the ground.

const stops = [
  [68, 1, 84],
  [72, 40, 120],
  [62, 74, 137],
  [49, 104, 142],
  [38, 130, 142],
  [31, 158, 137],
  [53, 183, 121],
  [110, 206, 88],
  [181, 222, 43],
  [253, 231, 37],
] as const;

/** `share` 0–1, where 1 is what should catch the eye; that is dark on light ground and bright on dark. */
export function scaleColour(share: number, isDark: boolean): string {
  const bounded = Math.max(0, Math.min(1, share));
  const at = (isDark ? 0.3 + 0.7 * bounded : 0.72 * (1 - bounded)) * (stops.length - 1);
  const low = Math.min(stops.length - 2, Math.floor(at));
  const [from, to] = [stops[low], stops[low + 1]] as const;
  const part = (channel: 0 | 1 | 2) =>
    Math.round((from?.[channel] ?? 0) + (at - low) * ((to?.[channel] ?? 0) - (from?.[channel] ?? 0)));
  return `#${[part(0), part(1), part(2)].map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
