// The first page of somebody whose browser has nothing of it yet.
import { repeated, summary } from "./place.mjs";

/** From the beginning of the navigation until the list of projects is painted. */
export async function firstPaint(place) {
  const found = await repeated(place, 7, async (page) => {
    await page.addInitScript(() => {
      const look = () => {
        if (!document.querySelector(".home .project-name")) return void requestAnimationFrame(look);
        requestAnimationFrame(() => requestAnimationFrame(() => (window.paintedMs = performance.now())));
      };
      requestAnimationFrame(look);
    });
    await page.goto(`${place.url}/`);
    await page.waitForFunction(() => window.paintedMs, null, { polling: 50 });
    return page.evaluate(() => {
      const scripts = performance.getEntriesByType("resource").filter((one) => /\.js$/.test(one.name));
      const bytes = scripts.reduce((sum, one) => sum + one.encodedBodySize, 0);
      return { paintedMs: window.paintedMs, bytes };
    });
  });
  return {
    first_useful_paint_ms: summary(found.map((one) => one.paintedMs)),
    javascript_sent_bytes: Math.max(...found.map((one) => one.bytes)),
  };
}
