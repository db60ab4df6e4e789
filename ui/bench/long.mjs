// One series of ten million points: first view, and brushed down to a million, ten thousand and a hundred of them.
import { fillLong } from "../tests/data/long.mjs";
import { brush, firstDraw, unzoom } from "./drawn.mjs";
import { framesOf } from "./frames.mjs";
import { repeated, summary } from "./place.mjs";

const points = 10_000_000;
const tries = 5;
/** Points in sight after each brush; each is a part of the one before. */
const zooms = [1_000_000, 10_000, 100];
const selector = '[role="img"][aria-label^="Line chart of loss, 1 series"]';

export async function long(place) {
  await fillLong({ points });
  const address = `${place.url}/${place.owner}/long/runs/points${points}?chart=^loss$`;
  const draws = await repeated(place, tries, (page) => firstDraw(page, address, selector));
  const page = await place.page();
  await page.goto(address);
  const plot = page.locator(`${selector} .u-over`);
  await plot.waitFor();
  await page.locator('.chart[data-loading="false"]').waitFor();
  const box = await plot.boundingBox();
  const found = Object.fromEntries(zooms.map((count) => [count, { times: [], shown: 0, hover: null }]));
  for (let at = 0; at < tries; at++) {
    let before = points;
    for (const count of zooms) {
      // Another stretch each time, so that none was fetched before.
      const widthPx = (box.width * count) / before;
      const fromX = box.x + (box.width - widthPx) * (0.15 + 0.14 * at);
      found[count].times.push(await brush(page, fromX, box.y + 60, widthPx));
      found[count].shown = await stepsInSight(page);
      if (at === 0) found[count].hover = await framesOf(page, () => hover(page, box));
      before = found[count].shown;
    }
    await unzoom(page);
  }
  await page.context().close();
  return {
    points,
    first_draw_ms_from_asking_for_points: summary(draws.map((one) => one.fromAsking)),
    first_draw_ms_from_opening_the_page: summary(draws.map((one) => one.fromOpening)),
    zooms: zooms.map((count) => ({
      points: Math.round(found[count].shown),
      zoom_scaled_ms: summary(found[count].times.map((one) => one.scaled)),
      zoom_exact_ms: summary(found[count].times.map((one) => one.exact)),
      hover: found[count].hover,
    })),
  };
}

const stepsInSight = (page) =>
  page.evaluate(() => {
    const [from, to] = new URLSearchParams(window.location.search).get("zoom").split("~").map(Number);
    return to - from;
  });

async function hover(page, box) {
  for (let step = 0; step < 100; step++)
    await page.mouse.move(box.x + 5 + step * (box.width / 110), box.y + 60 + (step % 40));
}
