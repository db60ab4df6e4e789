// The table of 10,000 runs and 100 columns, scrolled as a person does and from script.
import { costOf, framesOf } from "./frames.mjs";

const secs = 3;

export async function table(place) {
  const page = await place.page();
  const columns = Array.from({ length: 50 }, (_, at) => `column=config:c${at}&column=summary:s${at}`).join(
    "&",
  );
  await page.goto(`${place.url}/${place.owner}/tenthousand?show=table&${columns}`);
  await page
    .getByRole("link", { name: /^trial/ })
    .first()
    .waitFor();
  await page.waitForLoadState("networkidle").catch(() => undefined);
  const ways = {
    wheel: () => wheel(page, 0),
    wheel_both_ways: () => wheel(page, 60),
    script_120_px_a_frame: () => scripted(page),
  };
  const found = {};
  for (const [name, scroll] of Object.entries(ways)) {
    await back(page);
    const frames = await framesOf(page, scroll);
    await back(page);
    found[name] = { ...frames, processor_ms_a_frame: await costOf(page, scroll) };
  }
  await page.context().close();
  return found;
}

/** Notches of 100 px at 60 a second, as a finger on a wheel gives them; `asidePx` with every tenth. */
async function wheel(page, asidePx) {
  const box = await page.locator(".table").boundingBox();
  await page.mouse.move(box.x + 600, box.y + 400);
  const began = performance.now();
  for (let notch = 0; performance.now() - began < secs * 1000; notch++) {
    await page.mouse.wheel(notch % 10 === 9 ? asidePx : 0, 100);
    const next = began + ((notch + 1) * 1000) / 60;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
  }
}

const scripted = (page) =>
  page.evaluate(
    (frames) =>
      new Promise((resolve) => {
        const table = document.querySelector(".table");
        let left = frames;
        const step = () => {
          table.scrollTop += 120;
          if (--left > 0) requestAnimationFrame(step);
          else resolve();
        };
        step();
      }),
    secs * 60,
  );

const back = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        document.querySelector(".table").scrollTo(0, 0);
        setTimeout(resolve, 300);
      }),
  );
