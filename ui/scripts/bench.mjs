// Figures of the web app on this machine: GRADUS_UI_URL=… node scripts/bench.mjs, after npm run build and
// tests/data/fill.mjs. Prints one JSON object; medians of several tries.
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";
import { createServer } from "vite";

const tries = 5;
const backend = process.env.GRADUS_UI_URL;
if (!backend) throw new Error("GRADUS_UI_URL names the server");
const { owner, host, loader } = await begin();
const executablePath =
  process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

const figures = {
  first_paint_ms: await median(firstPaint),
  chart_200_runs_first_draw_ms: await median(firstDraw),
  ...(await chartMoves()),
  table_scroll_frames_per_sec: await tableScroll(),
};
console.log(JSON.stringify(figures, null, 2));
await browser.close();
await host.close();
await loader.close();

async function begin() {
  const loader = await createServer({
    configFile: false,
    optimizeDeps: { noDiscovery: true },
    logLevel: "error",
    server: { middlewareMode: true },
    appType: "custom",
  });
  const { serveApp } = await loader.ssrLoadModule("/tests/browser/host.ts");
  const answer = await fetch(`${backend}/api/v1/viewer`);
  return { owner: (await answer.json()).default_entity, host: await serveApp(backend, ""), loader };
}

async function median(measure) {
  const found = [];
  for (let at = 0; at < tries; at++) {
    const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
    found.push(await measure(page));
    await page.context().close();
  }
  return Math.round(found.sort((a, b) => a - b)[Math.floor(tries / 2)]);
}

/** From the beginning of the navigation until the list of projects stands in the page. */
async function firstPaint(page) {
  await page.goto(`${host.url}/`);
  await page.locator(".project-list").last().waitFor();
  return page.evaluate(() => performance.now());
}

/** From the answer of the rows to all 200 curves on the canvas, the server's work included. */
async function firstDraw(page) {
  await page.goto(`${host.url}/${owner}/scale?show=charts&chart=train/loss&top=200`);
  await page.getByRole("img", { name: /Line chart of train\/loss, 200 series/ }).waitFor();
  return page.evaluate(() => {
    const asked = performance.getEntriesByType("resource").filter((one) => one.name.endsWith("/buckets"));
    return performance.now() - asked[0].startTime;
  });
}

async function chartMoves() {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  await page.goto(`${host.url}/${owner}/scale?show=charts&chart=train/loss&top=200`);
  const chart = page.getByRole("img", { name: /Line chart of train\/loss, 200 series/ });
  await chart.waitFor();
  const box = await chart.locator(".u-over").boundingBox();
  await page.locator('.chart[data-loading="false"]').waitFor();
  const frames = framesOf(page);
  await frames.begin();
  for (let step = 0; step < 120; step++)
    await page.mouse.move(box.x + 5 + step * 4, box.y + 60 + (step % 40));
  const hover = await frames.end();
  const zooms = [];
  for (let at = 0; at < tries; at++) {
    const from = box.x + 40 + at * 30;
    await page.mouse.move(from, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(from + 120, box.y + 50, { steps: 3 });
    const began = performance.now();
    await page.mouse.up();
    await page.waitForURL(/zoom=/);
    await page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    const drawn = performance.now();
    await page.locator('.chart[data-loading="false"]').waitFor();
    zooms.push([drawn - began, performance.now() - began]);
    await page.locator(".u-over").dblclick();
    await page.waitForURL((url) => !url.searchParams.has("zoom"));
  }
  const middle = (place) =>
    Math.round(zooms.map((one) => one[place]).sort((a, b) => a - b)[Math.floor(tries / 2)]);
  await page.context().close();
  return {
    hover_slowest_frame_ms: hover.slowestMs,
    hover_frames_per_sec: hover.perSecond,
    zoom_drawn_ms: middle(0),
    zoom_exact_ms: middle(1),
  };
}

async function tableScroll() {
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage();
  const columns = Array.from({ length: 50 }, (_, at) => `column=config:c${at}&column=summary:s${at}`).join(
    "&",
  );
  await page.goto(`${host.url}/${owner}/tenthousand?show=table&${columns}`);
  await page
    .getByRole("link", { name: /^trial/ })
    .first()
    .waitFor();
  const frames = framesOf(page);
  await frames.begin();
  await page.evaluate(
    () =>
      new Promise((resolve) => {
        const table = document.querySelector(".table");
        let left = 180;
        const step = () => {
          table.scrollTop += 120;
          if (left % 3 === 0) table.scrollLeft += 40;
          if (--left > 0) requestAnimationFrame(step);
          else resolve();
        };
        step();
      }),
  );
  const { perSecond } = await frames.end();
  await page.context().close();
  return perSecond;
}

function framesOf(page) {
  return {
    begin: () =>
      page.evaluate(() => {
        window.frameTimes = [performance.now()];
        const step = (now) => {
          window.frameTimes.push(now);
          window.frameRequest = requestAnimationFrame(step);
        };
        window.frameRequest = requestAnimationFrame(step);
      }),
    end: () =>
      page.evaluate(() => {
        cancelAnimationFrame(window.frameRequest);
        const times = window.frameTimes;
        const gaps = times.slice(1).map((time, at) => time - times[at]);
        const total = times.at(-1) - times[0];
        return {
          perSecond: Math.round((gaps.length / total) * 1000),
          slowestMs: Math.round(Math.max(...gaps)),
        };
      }),
  };
}
