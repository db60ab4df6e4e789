// The page of runs by keyboard and in bulk: rows, menus, tags, columns, colours, groups of charts, lost events.
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ask, entity, runOf } from "../data/api.mjs";
import { beginLive } from "../data/live.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";

let app: App;
let owner: string;
const project = `hands${Date.now().toString(36)}`;
beforeAll(async () => {
  app = await openApp();
  owner = await entity();
  for (let run = 0; run < 6; run++) {
    const made = runOf(owner, project, `r${run}`);
    await made.begin({ display_name: `try ${run}`, host: "box", config: { lr: run / 10, seed: run } });
    const rows = Array.from({ length: 20 }, (_, step) => ({
      _step: step,
      loss: run + 1 / (step + 1),
      "val/loss": run + 2 / (step + 1),
      "val/accuracy": 1 - 1 / (step + 2),
    }));
    await made.history(rows);
    await made.summary(rows.at(-1) ?? {});
    await made.finish();
  }
});
afterEach(() => app.endTest());
afterAll(async () => {
  await ask("DELETE", `projects/${owner}/${project}`, undefined);
  await app.close();
});

async function open(search = "", options = {}): Promise<Page> {
  const page = await app.page(options);
  await page.goto(`${app.host.url}/${owner}/${project}${search}`);
  await page.getByRole("link", { name: "try 5", exact: true }).waitFor();
  return page;
}

const colourOf = (page: Page, run: string) =>
  page
    .getByRole("button", { name: `Curve of ${run}` })
    .locator(".swatch")
    .evaluate((swatch) => getComputedStyle(swatch).backgroundColor);

test("j and k move, x ticks, b is the baseline, c hides, / filters, Enter opens, ? lists them", async () => {
  const page = await open("?sort=%2Bcreated");
  await page.getByRole("img", { name: /Line chart of loss, 6 series/ }).waitFor();
  for (const key of ["j", "j", "k", "j", "x"]) await page.keyboard.press(key);
  await page.getByRole("checkbox", { name: "Tick row 2" }).and(page.locator(":checked")).waitFor();
  await page.keyboard.press("b");
  await page.getByText("baseline", { exact: true }).waitFor();
  expect(new URL(page.url()).searchParams.get("base")).toBe("r1");
  await page.keyboard.press("j");
  await page.keyboard.press("c");
  await page.getByRole("img", { name: /Line chart of loss, 5 series/ }).waitFor();
  await page.keyboard.press("?");
  const keys = page.getByRole("dialog", { name: "Keys" });
  for (const says of ["Next row", "Row before", "Tick the row", "Open the row", "Filter"])
    await keys.getByText(says, { exact: true }).first().waitFor();
  await shot(page, "runs-keys");
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.keyboard.type("config.seed >= 4");
  await page.keyboard.press("Enter");
  await page.getByText("2 runs").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("grid").focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Run try 4" }).waitFor();
});

test("Enter opens the row wherever the focus is, but a button keeps its own", async () => {
  const page = await open("?sort=%2Bcreated&show=table");
  await page.keyboard.press("j");
  await page.getByRole("button", { name: "Columns" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Columns" }).waitFor();
  await page.keyboard.press("Escape");
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Run try 0" }).waitFor();
});

test("a menu by keyboard: arrows move, Escape closes and gives the focus back", async () => {
  const page = await open("?show=table");
  const group = page.getByRole("button", { name: "Group" });
  await group.focus();
  await page.keyboard.press("Enter");
  await page.getByRole("menuitemcheckbox", { name: "Not grouped" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowDown");
  await page.getByRole("menuitemcheckbox", { name: "Not grouped" }).and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("menu").waitFor({ state: "detached" });
  await group.and(page.locator(":focus")).waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Group: lr" }).waitFor();
  await page.getByRole("button", { name: "Column val/loss: more" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page
    .getByRole("columnheader", { name: /val\/loss/ })
    .and(page.locator('[aria-sort="descending"]'))
    .waitFor();
});

test("ticked runs are tagged, untagged and deleted", async () => {
  for (const id of ["spare0", "spare1"]) {
    const spare = runOf(owner, project, id);
    await spare.begin({ display_name: id, host: "box", tags: ["kept"] });
    await spare.finish();
  }
  const page = await open("?show=table");
  await page.getByRole("checkbox", { name: "Tick row 1", exact: true }).check();
  await page.getByRole("checkbox", { name: "Tick row 2", exact: true }).click({ modifiers: ["Shift"] });
  const bar = page.getByRole("toolbar", { name: "Ticked runs" });
  await bar.getByText("2 runs ticked").waitFor();
  await bar.getByRole("button", { name: "Tags" }).click();
  await page.getByLabel("Tag", { exact: true }).fill("worth <b>keeping</b>");
  await assertAccessible(page);
  await page.getByRole("button", { name: "Put on" }).click();
  await page.getByText("Tagged: 2 runs").waitFor();
  expect(await tagsOf("spare0")).toEqual(["kept", "worth <b>keeping</b>"]);
  await bar.getByRole("button", { name: "Tags" }).click();
  await page.getByRole("button", { name: "Take off" }).click();
  await page.getByText("Tag taken off: 2 runs").waitFor();
  expect(await tagsOf("spare1")).toEqual(["kept"]);
  await bar.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete 2 runs?" }).getByRole("button", { name: "Delete" }).click();
  await page.getByText("Deleted: 2 runs").waitFor();
  await page.getByText("6 runs", { exact: true }).waitFor();
  await bar.waitFor({ state: "detached" });
});

const tagsOf = async (run: string) =>
  ((await ask("GET", `projects/${owner}/${project}/runs/${run}`, undefined)) as { tags: string[] }).tags;

test("columns are chosen, kept as a set and taken back", async () => {
  const page = await open("?show=table");
  const header = (name: string) => page.getByRole("columnheader", { name: new RegExp(`^${name}`) });
  await header("seed").waitFor();
  await page.getByRole("button", { name: "Columns" }).click();
  const dialog = page.getByRole("dialog", { name: "Columns" });
  await dialog.getByLabel("Columns whose name holds").fill("seed");
  await dialog.getByRole("checkbox", { name: /seed/ }).uncheck();
  await header("seed").waitFor({ state: "detached" });
  await dialog.getByLabel("Name of a set").fill("without seed");
  await dialog.getByRole("button", { name: "Keep" }).click();
  await assertAccessible(page);
  await dialog.getByRole("button", { name: "As at first" }).click();
  await header("seed").waitFor();
  await dialog.getByRole("button", { name: "Sets" }).click();
  await page.getByRole("menuitem", { name: "without seed" }).click();
  await header("seed").waitFor({ state: "detached" });
  await shot(page, "runs-columns");
  const address = page.url();
  await page.goto("about:blank");
  await page.goto(address);
  await header("lr").waitFor();
  expect(await header("seed").count()).toBe(0);
});

test("a chosen colour is that of table, curve and the run's own page, and is kept", async () => {
  const page = await open("?sort=%2Bcreated&chart=%5Eloss%24");
  await page.getByRole("img", { name: /Line chart of loss, 6 series/ }).waitFor();
  const given = await colourOf(page, "try 2");
  const eye = page.getByRole("button", { name: "Curve of try 2" });
  await eye.click({ button: "right" });
  await shot(page, "runs-colours");
  await assertAccessible(page);
  await page.getByRole("menuitemcheckbox", { name: "red" }).click();
  const red = "rgb(196, 38, 46)";
  await expect.poll(() => colourOf(page, "try 2")).toBe(red);
  const others = await Promise.all([0, 1, 3, 4, 5].map((run) => colourOf(page, `try ${run}`)));
  expect(new Set([...others, red]).size).toBe(6);
  const plot = page.locator(".u-over").first();
  const box = await plot.boundingBox();
  if (!box) throw new Error("the chart has no place");
  await page.keyboard.down("Shift");
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  const line = page.locator(".chart-tooltip-line").filter({ hasText: "try 2" });
  expect(await line.locator(".swatch").evaluate((swatch) => getComputedStyle(swatch).backgroundColor)).toBe(
    red,
  );
  await page.keyboard.up("Shift");
  await page.reload();
  await expect.poll(() => colourOf(page, "try 2")).toBe(red);
  await page.getByRole("checkbox", { name: "Tick row 3", exact: true }).check();
  await page.getByRole("button", { name: "Colour" }).click();
  await page.getByRole("menuitemcheckbox", { name: "As given" }).click();
  await expect.poll(() => colourOf(page, "try 2")).not.toBe(red);
  expect(given).not.toBe(red);
});

test("groups of charts say how many they hold; closed ones stand in the address", async () => {
  const page = await open();
  const val = page.getByRole("button", { name: /val 2 charts/ });
  await val.waitFor();
  await val.click();
  await page.getByRole("img", { name: /Line chart of val\/loss/ }).waitFor({ state: "detached" });
  expect(new URL(page.url()).searchParams.getAll("toggled")).toEqual(["val"]);
  await page.reload();
  await page.getByRole("button", { name: /val 2 charts/, expanded: false }).waitFor();
  await page.getByRole("button", { name: "Sections" }).click();
  await page.getByRole("menuitem", { name: "Close all" }).click();
  await page
    .getByRole("img", { name: /Line chart/ })
    .first()
    .waitFor({ state: "detached" });
  await shot(page, "runs-groups-closed");
  await page.getByLabel("Charts whose name matches").fill("accuracy");
  await page.getByRole("img", { name: /Line chart of val\/accuracy/ }).waitFor();
  await page.goBack();
  await page.goto(`${app.host.url}/${owner}/${project}/runs/r1?folded=1`);
  await page.getByRole("button", { name: /val 2 charts/, expanded: false }).click();
  await page.getByRole("img", { name: /Line chart of val\/accuracy/ }).waitFor();
  expect(new URL(page.url()).searchParams.getAll("toggled")).toEqual(["val"]);
});

test("events that were lost: the page fetches anew what it shows", async () => {
  const live = await beginLive();
  for (let row = 0; row < 3; row++) await live.grow();
  const page = await app.page();
  const filter = encodeURIComponent(`id:${live.id}`);
  await page.goto(`${app.host.url}/${owner}/monitoring?chart=train/loss&filter=${filter}`);
  await page.getByRole("img", { name: /Line chart of train\/loss, 1 series/ }).waitFor();
  app.host.setMuted(true);
  try {
    const row = await live.grow();
    await live.run.finish();
    const value = (row["train/loss"] as number).toPrecision(4).replace(/0+$/, "");
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().endsWith("/buckets")) asked.push(request.postData() ?? "");
    });
    app.host.sayLive('event: lagged\ndata: {"missed":7}\n\n');
    await page.getByRole("img", { name: new RegExp(`: ${value} at last`) }).waitFor();
    await page.getByText("finished", { exact: true }).waitFor();
    // Lost events may have been of any row: the curve is fetched whole.
    expect(asked.some((body) => !body.includes("min_step"))).toBe(true);
  } finally {
    app.host.setMuted(false);
  }
  await ask("DELETE", live.run.path, undefined);
});

test("on a phone a name is read and a column stands beside it", async () => {
  const page = await open("?show=table&base=r1", { viewport: { width: 390, height: 844 } });
  await page.getByRole("img", { name: "baseline" }).waitFor();
  const name = page.getByRole("link", { name: "try 5", exact: true });
  const box = await name.boundingBox();
  const pane = await page.locator(".table-pane[data-pinned]").boundingBox();
  expect(await name.evaluate((link) => link.scrollWidth <= link.clientWidth)).toBe(true);
  expect(box?.x ?? 0).toBeGreaterThan(0);
  expect(390 - 14 - ((pane?.x ?? 0) + (pane?.width ?? 390))).toBeGreaterThanOrEqual(130);
  await assertAccessible(page);
  await shot(page, "runs-phone");
});
