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

const tabs = ["Charts", "Overview", "Config", "Console", "System", "Files"];

test("each part of a run, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${app.host.url}/${owner}/monitoring/runs/grpo0`);
      await page.getByRole("heading", { name: "Run baseline" }).waitFor();
      for (const tab of tabs) {
        await page.getByRole("tab", { name: tab }).click();
        await page.getByRole("tab", { name: tab, selected: true }).waitFor();
        await page.locator(".skeleton").first().waitFor({ state: "detached" });
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
        await assertAccessible(page);
        await shot(page, `run-${tab.toLowerCase()}-${colorScheme}-${width}`);
      }
      await page.context().close();
    }
  }
});

test("the configuration against another run shows what differs", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/monitoring/runs/grpo0?tab=config`);
  await page.getByLabel("Against").selectOption("grpo1");
  await page.getByRole("rowheader", { name: "kl_coef" }).waitFor();
  expect(await page.getByRole("rowheader").allTextContents()).toEqual(["batch", "kl_coef"]);
  await page.getByLabel("Only what differs").uncheck();
  await page.getByRole("rowheader", { name: "model.name" }).waitFor();
  await shot(page, "run-config-diff");
});

test("twenty thousand metrics: few charts in the page, any found by its name", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/wide/runs/metrics20000`);
  await page.getByRole("img", { name: /Line chart of layer000\/weight0,/ }).waitFor();
  expect(await page.locator("figure").count()).toBeLessThan(40);
  await page.getByLabel("Charts whose name matches").fill("layer077/weight1$");
  await page.getByRole("img", { name: /Line chart of layer077\/weight1,/ }).waitFor();
  expect(await page.locator("figure").count()).toBe(1);
  await shot(page, "run-wide");
});

test("hostile texts of a run are text", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/hostile/runs/script`);
  for (const tab of ["Overview", "Config", "Console"]) {
    await page.getByRole("tab", { name: tab }).click();
    await page.getByText("<script>window.hacked=1</script>").last().waitFor();
  }
  await page.locator('[data-colour="1"]').getByText("red", { exact: true }).waitFor();
  await page.locator("[data-bold]").getByText("bold", { exact: true }).waitFor();
  await shot(page, "run-hostile");
  expect(await page.evaluate(() => (window as { hacked?: number }).hacked)).toBeUndefined();
});

test("a run that is not there is said so", async () => {
  const page = await app.page({ expectedErrors: /404/ });
  await page.goto(`${app.host.url}/${owner}/monitoring/runs/nowhere`);
  await page.getByRole("heading", { name: "Not there" }).waitFor();
  await assertAccessible(page);
});

test("a live run: lines are followed, name and tags changed, it is stopped and deleted", async () => {
  const live = await beginLive();
  await live.grow();
  const page = await app.page();
  await page.goto(`${app.host.url}/${owner}/monitoring/runs/${live.id}?tab=console`);
  await page.getByText(/^step 0 loss/).waitFor();
  await live.grow();
  await page.getByText(/^step 1 loss/).waitFor();
  await page.getByRole("button", { name: "Edit" }).click();
  await page.getByLabel("Name", { exact: true }).fill("renamed <b>");
  await page.getByLabel(/^Tags/).fill("one, two, one");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Run renamed <b>" }).waitFor();
  await page.getByText("two", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("stop asked for").waitFor();
  expect(await ask("POST", `${live.run.path}/lines`, {})).toMatchObject({ stopped: true });
  await live.run.finish(255);
  await page.getByText("failed", { exact: true }).waitFor();
  await page.getByRole("button", { name: "More with this run" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.waitForURL(/\/monitoring$/);
});
