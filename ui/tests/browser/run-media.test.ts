// Media, tables and artifacts of a run, and the head of its page.
import type { Page } from "playwright-core";
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

const widthBeyond = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
const panel = (page: Page, key: string) => page.getByRole("region", { name: key, exact: true });

test("media by key and step, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=media`);
      await panel(page, "samples/digit").getByText("digit at 50").waitFor();
      expect(await widthBeyond(page)).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `media-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("a step chosen for one key is the step of all, and stands in the address", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=media`);
  const digit = panel(page, "samples/digit");
  await digit.getByText("digit at 50").waitFor();
  await digit.getByRole("slider").focus();
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await digit.getByText("digit at 30").waitFor();
  expect(new URL(page.url()).searchParams.get("step")).toBe("30");
  await panel(page, "samples/grid").getByText("step 30").waitFor();
  await panel(page, "nested.inner").getByText("step 30").waitFor();
  const picture = digit.getByRole("img", { name: "digit at 30" });
  expect(
    await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
  ).toBe(28);
  await digit.getByRole("button", { name: "digit at 30" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Next step" }).click();
  await dialog.getByText("digit at 40").waitFor();
  await shot(page, "media-large");
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Last steps" }).click();
  await digit.getByText("digit at 50").waitFor();
});

test("sounds, films that cannot be shown, pages and histograms", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=media`);
  const sound = panel(page, "sound").locator("audio");
  await sound.waitFor();
  await page.waitForFunction(() => (document.querySelector("audio")?.duration ?? 0) > 0.4);
  const report = panel(page, "report").frameLocator("iframe");
  await report.getByRole("heading", { name: "Report of step 50" }).waitFor();
  await panel(page, "weights")
    .getByRole("img", { name: /^weights: 500 values from −6 to −4/ })
    .waitFor();
  await page.getByLabel("Media whose name holds").fill("FILM");
  await page.getByText("The browser cannot show film_").waitFor();
  expect(await page.locator(".media-panel").count()).toBe(1);
});

test("hostile media: nothing runs, nothing elsewhere is asked, what is broken is said", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/hostile?tab=media`);
  await panel(page, "page")
    .frameLocator("iframe")
    .getByRole("heading", { name: "Still to be read" })
    .waitFor();
  await panel(page, "page")
    .getByText(/^Shown without \d+ scripts, links or files/)
    .waitFor();
  await panel(page, "broken").getByText("The browser cannot show").waitFor();
  await page.getByText("<script>window.hacked=1</script>").first().waitFor();
  const link = panel(page, "page").frameLocator("iframe").getByText("a link");
  expect(await link.getAttribute("href")).toBeNull();
  await assertAccessible(page);
  await shot(page, "media-hostile");
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
});

test("a table is sorted, filtered, opened row by row; all of it in the address", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=tables&table=predictions`);
  await page.getByText("40 rows, 6 columns").waitFor();
  await page.getByRole("button", { name: "score", exact: true }).click();
  await page.locator('[aria-sort="descending"]').waitFor();
  const scores = page.locator('.table-cell[aria-colindex="5"]');
  const shownScores = await scores.allTextContents();
  const numbers = shownScores.map(Number).filter((value) => !Number.isNaN(value));
  expect(numbers.length).toBeGreaterThan(5);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  await page.keyboard.press("/");
  await page.keyboard.type("score>0.5 refund");
  await page.getByText(/^\d+ of 40 rows/).waitFor();
  await shot(page, "table-filtered");
  await page.getByLabel("Rows that hold").fill("scroe>1");
  await page.getByText('the table has no column "scroe"').waitFor();
  await page.getByLabel("Rows that hold").fill("id=7");
  await page.getByText("1 of 40 rows, 6 columns").waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("j");
  await page.keyboard.press("o");
  await page.getByRole("dialog").getByRole("heading", { name: "Row 8" }).waitFor();
  await assertAccessible(page);
  await shot(page, "table-row");
  await page.keyboard.press("Escape");
  await page.reload();
  await page.getByText("1 of 40 rows, 6 columns").waitFor();
});

test("tables that grow, are empty, never came, are wide, are huge", async () => {
  const page = await app.page();
  const open = (table: string) =>
    page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=tables&table=${table}`);
  await open("grown");
  await page.getByText("6 rows, 2 columns").waitFor();
  await page.getByRole("slider").fill("2");
  await page.getByText("3 rows, 2 columns").waitFor();
  await open("empty");
  await page.getByRole("heading", { name: "The table has no rows" }).waitFor();
  await open("lost");
  await page.getByRole("heading", { name: "The table has not arrived" }).waitFor();
  await assertAccessible(page);
  await open("wide");
  await page.getByText("20 rows, 2,000 columns").waitFor();
  expect(await page.locator(".table-cell").count()).toBeLessThan(1000);
  await open("huge");
  await page.getByText("50,000 rows, 6 columns").waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  await page.getByRole("gridcell", { name: "49,999", exact: true }).nth(1).waitFor();
  await page.getByLabel("Rows that hold").fill("id>=49990");
  await page.getByText("10 of 50,000 rows").waitFor();
  await shot(page, "table-huge");
});

test("a table that rests is in the page in the order in which it is shown", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=tables&table=huge`);
  await page.getByText("50,000 rows, 6 columns").waitFor();
  const isInOrder = () => {
    const rising = (numbers: number[]) =>
      numbers.every((one, at) => at === 0 || one > (numbers[at - 1] ?? 0));
    const panes = [...document.querySelectorAll(".table-pane")];
    const rows = panes.map((pane) => [...pane.querySelectorAll(".table-row")]);
    const numberOf = (name: string) => (element: Element) => Number(element.getAttribute(name));
    return (
      rows.every((of) => of.length > 10 && rising(of.map(numberOf("aria-rowindex")))) &&
      rows.flat().every((row) => rising([...row.children].map(numberOf("aria-colindex"))))
    );
  };
  const scrollTo = (topPx: number) =>
    page.evaluate((top) => document.querySelector(".table")?.scrollTo(0, top), topPx);
  for (const topPx of [34 * 1013, 34 * 1002, 34 * 20_000, 0, 34 * 50_000]) {
    await scrollTo(topPx);
    const row = Math.min(49_999, topPx / 34);
    await page.locator(`.table-row[data-index="${row}"]`).first().waitFor();
    await page.waitForFunction(isInOrder);
  }
  await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=tables&table=wide`);
  await page.getByText("20 rows, 2,000 columns").waitFor();
  await page.evaluate(() => document.querySelector(".table")?.scrollTo(20_333, 0));
  await page.locator('.table-cell[aria-colindex="3"]').first().waitFor({ state: "detached" });
  await page.waitForFunction(isInOrder);
});

test("hostile cells are text; a table that is none is said to be none", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/hostile?tab=tables&table=cells`);
  await page.getByText("4 rows, 5 columns").waitFor();
  await page.getByText("<script>window.hacked=1</script>").first().waitFor();
  await assertAccessible(page);
  await shot(page, "table-hostile");
  await page.getByRole("combobox", { name: /^Table/ }).selectOption("no table");
  await page.getByRole("heading", { name: "This did not work" }).waitFor();
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
});

test("tables in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${app.host.url}/${owner}/media/runs/shown?tab=tables&table=predictions`);
      await page.getByText("40 rows, 6 columns").waitFor();
      expect(await widthBeyond(page)).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `table-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("a run has the tabs that it has something for; an address is heeded all the same", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/media/runs/shown`);
  await page.getByRole("tab", { name: "Tables" }).waitFor();
  await page.getByRole("link", { name: "group first tries" }).click();
  await page.getByText("1 run", { exact: true }).waitFor();
  await page.goto(`${app.host.url}/${owner}/media/runs/bare`);
  await page.getByText("nothing yet").waitFor();
  await page.getByRole("tab", { name: "Files" }).waitFor();
  expect(await page.getByRole("tab", { name: "Media" }).count()).toBe(0);
  for (const [tab, says] of [
    ["media", "No media yet"],
    ["tables", "No tables yet"],
    ["artifacts", "It used and made no artifacts"],
  ]) {
    await page.goto(`${app.host.url}/${owner}/media/runs/bare?tab=${tab}`);
    await page.getByRole("heading", { name: says ?? "" }).waitFor();
    await assertAccessible(page);
  }
});

test("a chart asks for as many buckets as the screen has pixels for it", async () => {
  const bucketsAt = async (deviceScaleFactor: number, width: number) => {
    const page = await app.page({ deviceScaleFactor, viewport: { width, height: 900 } });
    const asked = page.waitForRequest(/\/buckets$/);
    await page.goto(`${app.host.url}/${owner}/media/runs/shown`);
    return ((await asked).postDataJSON() as { buckets: number }).buckets;
  };
  expect(await bucketsAt(1, 390)).toBe(500);
  expect(await bucketsAt(2, 390)).toBe(1000);
  expect(await bucketsAt(1, 1440)).toBe(2000);
});
