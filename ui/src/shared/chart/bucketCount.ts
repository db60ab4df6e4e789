// How many buckets a chart asks for: one a pixel of the screen shows all that can be seen.

/** A few counts only, so that charts of about one size share what was fetched. */
const counts = [250, 500, 1000, 2000, 4000];

/** Of all lines together: more is no longer drawn at once. */
const mostOfChart = 50_000;

/**
 * Per line of a chart of `widthPx` CSS pixels. Of so many lines that one a pixel were too many for the chart, each has
 * fewer; zooming in fetches finer ones.
 */
export function bucketCount(widthPx: number, pixelRatio: number, lines: number): number {
  const wanted = counts.find((count) => count >= widthPx * pixelRatio) ?? counts.at(-1) ?? 0;
  const room = mostOfChart / Math.max(1, lines);
  return counts.findLast((count) => count <= Math.min(wanted, room)) ?? counts[0] ?? 0;
}
