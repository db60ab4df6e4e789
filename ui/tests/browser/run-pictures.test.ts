// Images with boxes and masks, and tables whose cells are media, as the wandb client logged them.
import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { entity } from "../data/api.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";

let app: App;
let owner: string;
beforeAll(async () => {
  app = await openApp();
  owner = await entity();
});
afterEach(() => app.endTest());
afterAll(() => app.close());

const open = (page: Page, search: string) =>
  page.goto(`${app.host.url}/${owner}/pictures/runs/drawn?${search}`);

/** The colour that lies in the middle of a part of a canvas of 64 by 48; its opacity is 0 where nothing does. */
const opacityAt = (canvas: Locator, x: number, y: number) =>
  canvas.evaluate(
    (element: HTMLCanvasElement, [x, y]) =>
      element.getContext("2d")?.getImageData(x ?? 0, y ?? 0, 1, 1).data[3],
    [x, y],
  );

test("boxes and masks lie over the picture; the legend toggles their classes", async () => {
  const page = await app.page();
  await open(page, "tab=media");
  const panel = page.getByRole("region", { name: "one", exact: true });
  const legend = panel.getByRole("group", { name: "Shown over one" });
  await legend.getByText("ground").first().waitFor();
  const boxes = panel.locator(".layered-boxes rect:not(.layered-halo)");
  expect(await boxes.count()).toBe(3);
  // Where the client said it is, in the picture as it is shown.
  const [picture, box] = await Promise.all([
    panel.getByRole("img").boundingBox(),
    boxes.first().boundingBox(),
  ]);
  expect(picture && box && (box.x - picture.x) / picture.width).toBeCloseTo(0.1, 1);
  expect(picture && box && box.height / picture.height).toBeCloseTo(0.425, 1);
  const mask = panel.locator("canvas");
  expect(await opacityAt(mask, 12, 20)).toBe(128);
  expect(await opacityAt(mask, 2, 2)).toBe(0);
  const cats = legend.getByRole("checkbox", { name: "cat" });
  expect(await cats.count()).toBe(3);
  for (const one of await cats.all()) await one.uncheck();
  expect(await boxes.count()).toBe(1);
  expect(await opacityAt(mask, 12, 20)).toBe(0);
  expect(await opacityAt(mask, 45, 30)).toBe(128);
  await assertAccessible(page);
  await panel.getByRole("button", { name: "a cat and a dog" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("checkbox", { name: "cat" }).first().check();
  await dialog.locator(".layered-boxes text", { hasText: "cat 0.9" }).waitFor();
  await assertAccessible(page);
  await shot(page, "layers-large");
});

test("a table shows its media small, and large by a click", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await app.page({ colorScheme });
    await open(page, "tab=tables&table=seen/table");
    await page.getByText("40 rows, 5 columns").waitFor();
    const pictures = page.locator(".cell-media img");
    await pictures.first().waitFor();
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>(".cell-media img")].every(
        (one) => one.naturalWidth === 64,
      ),
    );
    // Only rows in sight, and no row higher than another.
    expect(await pictures.count()).toBeLessThan(40);
    const heights = await page
      .locator(".table-row")
      .evaluateAll((rows) => [...new Set(rows.map((row) => Math.round(row.getBoundingClientRect().height)))]);
    expect(heights).toHaveLength(1);
    await assertAccessible(page);
    await shot(page, `table-media-${colorScheme}`);
    await page.getByRole("button", { name: "picture of row 1: show large" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("row 1,").waitFor();
    await dialog.getByRole("checkbox", { name: "dog" }).first().waitFor();
    await shot(page, `table-media-large-${colorScheme}`);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "page of row 2: open the page" }).click();
    await dialog.frameLocator("iframe").getByRole("heading", { name: "page of row 1" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("grid").focus();
    await page.keyboard.press("End");
    await page.getByRole("button", { name: "picture of row 40: show large" }).waitFor();
    await page.keyboard.press("o");
    await dialog.getByRole("heading", { name: "Row 40" }).waitFor();
    await dialog.locator("audio").waitFor();
    await page.context().close();
  }
});

test("each step has the media that were logged with it", async () => {
  const page = await app.page();
  await open(page, "tab=tables&table=seen/table&step=0");
  const scores = page.locator('.table-cell[aria-colindex="6"]');
  await page.locator(".cell-media img").first().waitFor();
  expect((await scores.allTextContents()).slice(0, 2)).toEqual(["0", "0.01"]);
  await page.getByRole("slider").fill("1");
  await page.waitForFunction(
    () => document.querySelector('.table-cell[aria-colindex="6"]')?.textContent === "0.01",
  );
  await page.locator(".cell-media img").first().waitFor();
});
