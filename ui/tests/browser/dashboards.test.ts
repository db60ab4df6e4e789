import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { assertAccessible, backend, openApp, shot, type App } from "./app";

let app: App;
let api: string;
let at: string;
const yaml = `# kept by people
title: Overview
panels:
  # the one that matters
  - type: line
    title: Loss
    metrics: [train/loss] # and nothing else
  - {type: bar, title: Accuracy, metrics: ["dataset/*/accuracy"]}
  - {type: table, title: Sources, metrics: ["dataset/*/accuracy", "dataset/*/count"], columns: [source, accuracy, count]}
  - {type: pie, title: Verdicts, metrics: [judge/correct_count, judge/incorrect_count]}
  - {type: scalar, title: Cost, metrics: [cost/total_cost, judge/success_rate]}
  - {type: scatter, title: Cost and accuracy, x_axis: val/*/avg_cost, y_axis: val/*/accuracy}
  - {type: line, title: Mistyped, metrics: [train/los]}
`;
const kept = async () => ((await (await fetch(`${api}/overview`)).json()) as { yaml: string }).yaml;

beforeAll(async () => {
  app = await openApp();
  const viewer = await fetch(`${backend()}/api/v1/viewer`);
  const { default_entity: entity } = (await viewer.json()) as { default_entity: string };
  api = `${backend()}/api/v1/projects/${entity}/monitoring/dashboards`;
  at = `${app.host.url}/${entity}/monitoring/dashboards`;
});
afterEach(async () => {
  await app.endTest();
  await fetch(`${api}/overview`, { method: "DELETE" });
});
afterAll(() => app.close());

test("every kind of panel is drawn, in both themes and on a phone", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 844 } });
      await page.goto(at);
      await page.getByRole("link", { name: /Overview/ }).click();
      await page.getByRole("img", { name: /Line chart of Loss, 3 series/ }).waitFor();
      await page.getByText(/nearest: train\/loss/).waitFor();
      for (const [type, shown] of [
        ["pie", page.getByText("60% (3,600/6,000)").first()],
        ["scatter", page.getByRole("img", { name: /Cost and accuracy: 12 points/ })],
        ["line", page.getByText("No run has train/los.")],
      ] as const) {
        await page.locator(`.panel[data-type="${type}"]`).last().scrollIntoViewIfNeeded();
        await shown.waitFor();
      }
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await page.evaluate(() => scrollTo(0, 0));
      await shot(page, `dashboard-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("which runs are shown is in the address", async () => {
  const page = await app.page();
  await page.goto(`${at}/monitoring?newest=1`);
  await page.getByText("of 3 runs").waitFor();
  await page.getByRole("button", { name: "Choose…" }).click();
  await page.getByRole("checkbox", { name: /baseline/ }).check();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Show them" }).click();
  await page.getByRole("button", { name: /2 chosen runs/ }).waitFor();
  expect(new URL(page.url()).searchParams.getAll("runs")).toHaveLength(2);
  await page.reload();
  await page.getByRole("button", { name: /2 chosen runs/ }).waitFor();
});

test("a colour that a run was given on the page of runs is its colour here", async () => {
  const page = await app.page();
  await page.goto(`${at.replace("/dashboards", "")}?sort=%2Bcreated`);
  const eye = page.getByRole("button", { name: /^Curve of / }).first();
  const label = ((await eye.getAttribute("aria-label")) ?? "").replace("Curve of ", "");
  await eye.click({ button: "right" });
  await page.getByRole("menuitemcheckbox", { name: "red" }).click();
  await page.goto(`${at}/monitoring`);
  const swatch = page.getByTitle(`Only ${label}`, { exact: true }).locator(".swatch");
  const colours = () =>
    page
      .locator(".runs-legend .swatch")
      .evaluateAll((all) => all.map((one) => getComputedStyle(one).backgroundColor));
  await swatch.waitFor();
  const red = "rgb(196, 38, 46)";
  expect(await swatch.evaluate((one) => getComputedStyle(one).backgroundColor)).toBe(red);
  expect((await colours()).filter((one) => one === red)).toHaveLength(1);
});

test("a panel is edited by form, moved, undone, and saved as the same YAML", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  const page = await app.page();
  await page.goto(`${at}/overview`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  const text = page.getByLabel("YAML", { exact: true });
  await text.waitFor();
  const form = page.getByRole("group", { name: "Panel 1" });
  await form.getByLabel("Title").fill("Loss and KL");
  await form.getByLabel("Add a metric").fill("train/kl_div");
  await page.keyboard.press("Enter");
  expect(await text.inputValue()).toBe(
    yaml.replace("title: Loss", "title: Loss and KL").replace("[train/loss]", "[train/loss, train/kl_div]"),
  );
  await page.getByRole("img", { name: /Line chart of Loss and KL, 6 series/ }).waitFor();
  await page.getByRole("button", { name: "Move panel 1 later" }).click();
  expect(await text.inputValue()).toMatch(/title: Accuracy[^]*# the one that matters[^]*title: Loss and KL/);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.keyboard.press("Control+z");
  expect(await text.inputValue()).toBe(yaml.replace("title: Loss", "title: Loss and KL"));
  await page.keyboard.press("Control+y");
  await assertAccessible(page);
  await shot(page, "dashboard-editor");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.", { exact: true }).waitFor();
  expect(await kept()).toBe(
    yaml.replace("title: Loss", "title: Loss and KL").replace("[train/loss]", "[train/loss, train/kl_div]"),
  );
});

test("panels come, go and are dragged; YAML that is none is told", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  const page = await app.page({ expectedErrors: /400/ });
  await page.goto(`${at}/overview?edit=1`);
  const text = page.getByLabel("YAML", { exact: true });
  await page.getByRole("button", { name: "Add a panel" }).click();
  await page.getByRole("group", { name: "Panel 8" }).getByLabel("Type").selectOption("scalar");
  expect(await text.inputValue()).toMatch(/- type: scalar\n[^]*$/);
  await page.getByRole("button", { name: "Remove panel 7" }).click();
  expect(await text.inputValue()).not.toContain("Mistyped");
  await page.locator(".editor-grip").first().dragTo(page.locator(".editor-panel").nth(1));
  await expect.poll(() => text.inputValue()).toMatch(/title: Accuracy[^]*title: Loss/);
  await text.fill("panels:\n  - {type: lin, metrics: [a]}\n");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("alert").getByText(/lin/).waitFor();
  await shot(page, "dashboard-refused");
});

test("somebody else's save meanwhile is told, and nothing is lost", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  const page = await app.page({ expectedErrors: /412/ });
  await page.goto(`${at}/overview?edit=1`);
  const text = page.getByLabel("YAML", { exact: true });
  await text.waitFor();
  await fetch(`${api}/overview`, { method: "PUT", body: yaml.replace("Overview", "Theirs") });
  await page.getByRole("group", { name: "Dashboard" }).getByLabel("Title").fill("Mine");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: /Somebody else/ }).waitFor();
  await assertAccessible(page);
  await shot(page, "dashboard-conflict");
  expect(await kept()).toContain("Theirs");
  await page.getByRole("button", { name: "Take theirs" }).click();
  expect(await text.inputValue()).toContain("title: Theirs");
  await page.getByRole("button", { name: "Undo" }).click();
  expect(await text.inputValue()).toContain("title: Mine");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByText("Saved.", { exact: true }).waitFor();
  expect(await kept()).toContain("title: Mine");
});

test("two pages save at one moment: one is kept, the other is asked", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  const pages = [await app.page({ expectedErrors: /412/ }), await app.page({ expectedErrors: /412/ })];
  for (const [place, page] of pages.entries()) {
    await page.goto(`${at}/overview?edit=1`);
    await page.getByRole("group", { name: "Dashboard" }).getByLabel("Title").fill(`Of page ${place}`);
  }
  await Promise.all(pages.map((page) => page.getByRole("button", { name: "Save", exact: true }).click()));
  const isAsked = (page: Page) => page.getByRole("dialog", { name: /Somebody else/ }).isVisible();
  await expect.poll(async () => (await Promise.all(pages.map(isAsked))).filter(Boolean).length).toBe(1);
  const asked = (await Promise.all(pages.map(isAsked))).indexOf(true);
  expect(await kept()).toContain(`Of page ${1 - asked}`);
  const page = pages[asked];
  if (!page) throw new Error("one of them is asked");
  expect(await page.getByLabel("YAML", { exact: true }).inputValue()).toContain(`Of page ${asked}`);
  await page.getByRole("button", { name: "Overwrite with mine" }).click();
  await page.getByText("Saved.", { exact: true }).waitFor();
  expect(await kept()).toContain(`Of page ${asked}`);
});

test("what somebody removed meanwhile is still here, and can be saved anew", async () => {
  await fetch(`${api}/overview`, { method: "PUT", body: yaml });
  const page = await app.page({ expectedErrors: /412|404/ });
  await page.goto(`${at}/overview?edit=1`);
  await page.getByRole("group", { name: "Dashboard" }).getByLabel("Title").fill("Mine");
  await fetch(`${api}/overview`, { method: "DELETE" });
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("dialog", { name: /Somebody removed/ }).waitFor();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Save mine" }).click();
  await page.getByText("Saved.", { exact: true }).waitFor();
  expect(await kept()).toContain("title: Mine");
  await fetch(`${api}/overview`, { method: "DELETE" });
});

test("a new dashboard is made, and removed again", async () => {
  const page = await app.page();
  await page.goto(at);
  await page.getByRole("button", { name: "New dashboard" }).click();
  await page.getByLabel("Name").fill("overview");
  await page.getByRole("button", { name: "Make it" }).click();
  await page.getByLabel("YAML", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("button", { name: "Dashboard: more" }).click();
  await page.getByRole("menuitem", { name: "Remove…" }).click();
  await page.getByRole("button", { name: "Remove it" }).click();
  await page.waitForURL(/dashboards$/);
});

test("names that break pages and a project without metrics", async () => {
  const page = await app.page({ expectedErrors: /404/ });
  const hostile = at.replace("/monitoring/", "/hostile/");
  const put = (name: string) => `${api.replace("/monitoring/", "/hostile/")}/${name}`;
  const script = "<script>window.hacked=1</script>";
  const body = `title: "${script}"\npanels:\n  - {type: line, title: "${script}", metrics: ["${script}/loss", loss, grad/norm]}\n  - {type: scalar, metrics: [loss, "*/norm", text]}\n  - {type: bar, metrics: [loss]}\n`;
  await fetch(put("odd"), { method: "PUT", body });
  await page.goto(`${hostile}/odd?newest=20`);
  await page.getByRole("heading", { name: /script/ }).waitFor();
  await page.getByText("NaN").first().waitFor();
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await assertAccessible(page);
  await shot(page, "dashboard-hostile");
  await fetch(put("odd"), { method: "DELETE" });
  await page.goto(at.replace("/monitoring/", "/no-rows-yet/"));
  await page.getByText("No dashboards yet").waitFor();
  await assertAccessible(page);
  await page.goto(`${at}/gone`);
  await page.getByText(/no dashboard 'gone'/).waitFor();
});
