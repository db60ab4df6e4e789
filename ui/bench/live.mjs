// A script logs a point over HTTP; how long from the server's "received" until the chart shows it.
import { summary } from "./place.mjs";
import { ask, runOf } from "../tests/data/api.mjs";

const points = 20;
const project = "bench-live";

export async function live(place) {
  const run = runOf(place.owner, project, `live${Date.now().toString(36)}`);
  await run.begin({ display_name: "live", host: "bench" });
  await run.history([{ _step: 0, seen: 1000 }]);
  await run.summary({ seen: 1000 });
  const page = await place.page();
  await page.goto(`${place.url}/${place.owner}/${project}/runs/${run.path.split("/").at(-1)}?tab=charts`);
  await shows(page, 1000);
  const found = [];
  for (let step = 1; step <= points; step++) {
    const shown = shows(page, 1000 + step);
    await run.history([{ _step: step, seen: 1000 + step }]);
    const acknowledged = performance.timeOrigin + performance.now();
    found.push((await shown) - acknowledged);
  }
  await page.context().close();
  await run.finish();
  await ask("DELETE", run.path);
  return { live_point_ms_from_acknowledged: { ...summary(found), slowest: Math.round(Math.max(...found)) } };
}

/** When (Unix, ms) the frame was painted whose chart ends with `value`: its text comes from the points it draws. */
const shows = (page, value) =>
  page.evaluate(
    (text) =>
      new Promise((resolve) => {
        const look = () => {
          const chart = document.querySelector(`[role="img"][aria-label*=": ${text} at last"]`);
          if (!chart) return void requestAnimationFrame(look);
          requestAnimationFrame(() =>
            requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())),
          );
        };
        look();
      }),
    new Intl.NumberFormat("en").format(value),
  );
