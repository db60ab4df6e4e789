// 200 runs of 10,000 points in one chart: first draw, hover, zoom. The page itself takes the times, so that what
// drives it takes no part in them.
import { brush, firstDraw, unzoom } from "./drawn.mjs";
import { framesOf } from "./frames.mjs";
import { repeated, summary } from "./place.mjs";

const tries = 5;
const zoomTries = 9;
const selector = '[role="img"][aria-label*=", 200 series"]';
const label = /Line chart of train\/loss, 200 series/;
const chartOf = (place) => `${place.url}/${place.owner}/scale?show=charts&chart=train/loss&top=200`;

export async function charts(place) {
  const draws = await repeated(place, tries, (page) => firstDraw(page, chartOf(place), selector));
  return {
    first_draw_ms_from_asking_for_points: summary(draws.map((one) => one.fromAsking)),
    first_draw_ms_from_opening_the_page: summary(draws.map((one) => one.fromOpening)),
    ...(await moves(place)),
  };
}

async function moves(place) {
  const page = await place.page();
  await page.goto(chartOf(place));
  const chart = page.getByRole("img", { name: label });
  await chart.waitFor();
  const box = await chart.locator(".u-over").boundingBox();
  await page.locator('.chart[data-loading="false"]').waitFor();
  const hover = await framesOf(page, async () => {
    for (let step = 0; step < 200; step++)
      await page.mouse.move(box.x + 5 + step * 4, box.y + 60 + (step % 40));
  });
  const zooms = [];
  for (let at = 0; at < zoomTries; at++) zooms.push(await zoom(page, box, at));
  await page.context().close();
  return {
    hover,
    zoom_scaled_ms: summary(zooms.map((one) => one.scaled)),
    zoom_exact_ms: summary(zooms.map((one) => one.exact)),
  };
}

async function zoom(page, box, at) {
  const found = await brush(page, box.x + 40 + at * 30, box.y + 50, 120);
  await unzoom(page);
  return found;
}
