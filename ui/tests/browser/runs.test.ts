import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ask, entity } from "../data/api.mjs";
import { beginLive } from "../data/live.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";

let app: App;
let owner: string;
beforeAll(async () => {
  app = await openApp();
  owner = await entity();
});
afterEach(() => app.endTest());
afterAll(() => app.close());

test("table and curves of 200 runs, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${app.host.url}/${owner}/scale`);
      await page
        .getByRole("link", { name: /adamw-lr/ })
        .first()
        .waitFor();
      await page.getByRole("img", { name: /Line chart of train\/loss, 50 series/ }).waitFor();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `runs-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("a filter is completed, said to be wrong, and kept in the address", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/scale`);
  await page
    .getByRole("link", { name: /adamw-lr/ })
    .first()
    .waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("config.opt");
  await page.getByRole("option", { name: /config\.optimizer/ }).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.type("= ");
  await page.getByText("a value is missing at the end").waitFor();
  await page.keyboard.type("lion");
  await page.keyboard.press("Enter");
  await page.getByText("67 runs").waitFor();
  expect(new URL(page.url()).searchParams.get("filter")).toBe("config.optimizer = lion");
  await shot(page, "runs-filter");
  await page.goBack();
  await page.getByText("200 runs").waitFor();
});

test("a wrong filter in the address lets nothing through and says what is wrong", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/scale?filter=${encodeURIComponent("config.lr <")}&show=table`);
  await page.getByText("lets nothing through: a value is missing at the end").waitFor();
  await assertAccessible(page);
});

test("sort, group, baseline and hiding of a curve", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/scale?top=20`);
  await page.getByRole("button", { name: "val/loss", exact: true }).click();
  await page.waitForURL(/sort=-summary/);
  await page
    .getByRole("columnheader", { name: /val\/loss/ })
    .and(page.locator('[aria-sort="descending"]'))
    .waitFor();
  await page.getByRole("checkbox", { name: "Tick row 1", exact: true }).check();
  await page.getByRole("button", { name: "Baseline" }).click();
  await page.getByText("baseline", { exact: true }).waitFor();
  await page
    .getByText(/^[−+][\d.]+%$/)
    .first()
    .waitFor();
  await page
    .getByRole("button", { name: /^Curve of/ })
    .nth(1)
    .click();
  await page.getByRole("img", { name: /Line chart of train\/loss, 19 series/ }).waitFor();
  await shot(page, "runs-baseline");
  await page.getByRole("button", { name: "Group" }).click();
  await page.getByRole("menuitemcheckbox", { name: "lora.r" }).click();
  await page.getByRole("img", { name: /Line chart of train\/loss, \d series.*mean of/ }).waitFor();
  await assertAccessible(page);
  await shot(page, "runs-group");
});

test("hover says the nearest run, the brush zooms, double click shows all", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/scale?show=charts&chart=train/loss&top=200`);
  const chart = page.getByRole("img", { name: /Line chart of train\/loss, 200 series/ });
  await chart.waitFor();
  const plot = chart.locator(".u-over");
  const box = await plot.boundingBox();
  if (!box) throw new Error("the chart has no place");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.locator(".chart-tooltip").getByText(/step/).waitFor();
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width / 2 + 3, box.y + box.height / 2);
  await page.getByText(/and 176 more/).waitFor();
  await shot(page, "runs-hover");
  await page.keyboard.up("Shift");
  await page.mouse.move(box.x + box.width * 0.2, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.3, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/zoom=/);
  await shot(page, "runs-zoom");
  await plot.dblclick();
  await page.waitForURL((url) => !url.searchParams.has("zoom"));
});

test("a chart is saved as SVG, CSV and PNG", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/scale?show=charts&chart=val/loss&top=10`);
  await page.getByRole("img", { name: /Line chart of val\/loss, 10 series/ }).waitFor();
  const begins: Record<string, string> = { SVG: "<svg", CSV: "series,id,step", PNG: "\u0089PNG" };
  for (const [kind, beginning] of Object.entries(begins)) {
    await page.getByRole("button", { name: "val/loss: more" }).click();
    const saved = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: `Save as ${kind}` }).click();
    const download = await saved;
    expect(download.suggestedFilename()).toBe(`val_loss.${kind.toLowerCase()}`);
    expect((await readFile(await download.path())).toString("latin1").startsWith(beginning)).toBe(true);
  }
});

test("hostile names and NaN do no harm", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/hostile`);
  await page.getByText("NaN only", { exact: true }).waitFor();
  await page.getByRole("img", { name: /Line chart of loss/ }).waitFor();
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
  await assertAccessible(page);
  await shot(page, "runs-hostile");
});

test("ten thousand runs: the last is a key away, only rows in sight are in the page", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/tenthousand?show=table&sort=%2Bcreated`);
  await page.getByRole("link", { name: "trial 0", exact: true }).waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  await page
    .getByRole("link", { name: /^trial 999\d$/ })
    .first()
    .waitFor();
  // Of each row the pinned part and the rest.
  expect(await page.getByRole("row").count()).toBeLessThan(150);
});

test("a live run's points come without fetching its history again", async () => {
  const live = await beginLive();
  for (let row = 0; row < 5; row++) await live.grow();
  const page = await app.page();
  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().endsWith("/buckets")) asked.push(request.postData() ?? "");
  });
  await page.goto(
    `${app.host.url}/${owner}/monitoring?show=charts&chart=train/loss&filter=${encodeURIComponent(`id:${live.id}`)}`,
  );
  await page.getByRole("img", { name: /Line chart of train\/loss, 1 series/ }).waitFor();
  asked.length = 0;
  const row = await live.grow();
  const value = (row["train/loss"] as number).toPrecision(4).replace(/0+$/, "");
  await page.getByRole("img", { name: new RegExp(`: ${value} at last`) }).waitFor();
  expect(asked.every((body) => body.includes('"min_step":5'))).toBe(true);
  await live.run.finish();
  await ask("DELETE", live.run.path, undefined);
});
