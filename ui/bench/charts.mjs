// 200 runs of 10,000 points in one chart: first draw, hover, zoom. The page itself takes the times, so that what
// drives it takes no part in them.
import { framesOf } from "./frames.mjs";
import { repeated, summary } from "./place.mjs";

const tries = 5;
const zoomTries = 9;
const label = /Line chart of train\/loss, 200 series/;
const chartOf = (place) => `${place.url}/${place.owner}/scale?show=charts&chart=train/loss&top=200`;

export async function charts(place) {
  const draws = await repeated(place, tries, (page) => firstDraw(place, page));
  return {
    first_draw_ms_from_asking_for_points: summary(draws.map((one) => one.fromAsking)),
    first_draw_ms_from_opening_the_page: summary(draws.map((one) => one.fromOpening)),
    ...(await moves(place)),
  };
}

/** Until the frame with all 200 curves is painted: from the request for their points, and from the navigation. */
async function firstDraw(place, page) {
  await page.addInitScript(() => {
    const look = () => {
      if (!document.querySelector('[role="img"][aria-label*=", 200 series"]'))
        return void requestAnimationFrame(look);
      // The next frame is painted before the one after it begins.
      requestAnimationFrame(() => requestAnimationFrame(() => (window.drawnMs = performance.now())));
    };
    requestAnimationFrame(look);
  });
  await page.goto(chartOf(place));
  await page.waitForFunction(() => window.drawnMs, null, { polling: 100 });
  return page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").find((one) => one.name.endsWith("/buckets"));
    return { fromAsking: window.drawnMs - asked.startTime, fromOpening: window.drawnMs };
  });
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

/** From letting go of the button to the painted frame: of the same points scaled, and of the exact ones. */
async function zoom(page, box, at) {
  const from = box.x + 40 + at * 30;
  await page.mouse.move(from, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(from + 120, box.y + 50, { steps: 3 });
  await page.evaluate(() => {
    window.zoomed = null;
    const painted = (then) =>
      requestAnimationFrame(() => requestAnimationFrame(() => then(performance.now())));
    window.addEventListener(
      "mouseup",
      ({ timeStamp }) => {
        let scaled = null;
        const look = () => {
          const loading = document.querySelector(".chart")?.dataset.loading;
          const isZoomed = window.location.search.includes("zoom=");
          if (isZoomed && scaled === null) {
            scaled = 0;
            painted((now) => (scaled = now - timeStamp));
          }
          if (!isZoomed || loading !== "false") return void requestAnimationFrame(look);
          painted((now) => (window.zoomed = { scaled, exact: now - timeStamp }));
        };
        requestAnimationFrame(look);
      },
      { once: true, capture: true },
    );
  });
  await page.mouse.up();
  const found = await page.waitForFunction(() => window.zoomed, null, { polling: 100 });
  await page.locator(".u-over").dblclick();
  await page.waitForURL((url) => !url.searchParams.has("zoom"));
  await page.locator('.chart[data-loading="false"]').waitFor();
  return found.jsonValue();
}
