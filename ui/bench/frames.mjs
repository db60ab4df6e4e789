// Frames as the page's own script sees them, and where their time goes.
import { summary } from "./place.mjs";
import { perFrame, traced } from "./trace.mjs";

/** Frames while `work` goes on, counted without a trace, which costs time itself. */
export async function framesOf(page, work) {
  await page.evaluate(() => {
    window.frameTimes = [];
    const step = (now) => {
      window.frameTimes.push(now);
      window.frameRequest = requestAnimationFrame(step);
    };
    window.frameRequest = requestAnimationFrame(step);
  });
  await work();
  const times = await page.evaluate(() => {
    cancelAnimationFrame(window.frameRequest);
    return window.frameTimes;
  });
  const gaps = times.slice(1).map((time, at) => time - times[at]);
  const { median, p95, n } = summary(gaps);
  return {
    frames_per_sec: Math.round((10_000 * n) / (times.at(-1) - times[0])) / 10,
    frame_ms_median: median,
    frame_ms_p95: p95,
    frames: n,
  };
}

/** The same work again under Chromium's trace: milliseconds of processor time a frame. */
export async function costOf(page, work) {
  let frames = 0;
  const events = await traced(page, async () => (frames = (await framesOf(page, work)).frames));
  return perFrame(events, frames);
}
