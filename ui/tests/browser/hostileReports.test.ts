// Evaluations, comparisons and cycles whose texts would break a page that trusts them, that lack what a page
// counts on, or that are very long.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { entity, putFile, runOf } from "../data/api.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";
import { hasProgram, realTask } from "./realTask";

let app: App;
let at: string;
beforeAll(async () => {
  app = await openApp();
  at = `${app.host.url}/${await entity()}`;
});
afterEach(() => app.endTest());
afterAll(() => app.close());

const script = `<script>window.hacked=1</script><img src=x onerror="window.hacked=1">`;
const isHacked = (page: Page) => page.evaluate(() => "hacked" in window);
const overflowPx = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);

test("a report without a score, without rows, with none, or that is no report", async () => {
  const page = await app.page();
  await page.goto(`${at}/judged/evaluations/no-score`);
  await page.getByText("mae_penalised is undefined on these rows").waitFor();
  expect(await page.getByRole("heading", { name: /^Error per field/ }).count()).toBe(1);
  expect(await page.locator(".figure-dot").count()).toBe(0);
  await assertAccessible(page);
  await page.goto(`${at}/judged/evaluations/no-rows?tab=rows`);
  await page.getByText("No rows were recorded").waitFor();
  await assertAccessible(page);
  await page.goto(`${at}/judged/evaluations/zero-rows?tab=rows`);
  await page.getByText("No row is like that").waitFor();
  await page.goto(`${at}/judged/evaluations`);
  await page
    .getByRole("row")
    .filter({ hasText: "is no report" })
    .getByText(/unreadable/)
    .waitFor();
  await assertAccessible(page);
});

test("what is no report is refused in the server's words, alone and compared", async () => {
  const page = await app.page({ expectedErrors: /4\d\d/ });
  await page.goto(`${at}/judged/evaluations/unreadable`);
  await page
    .getByRole("alert")
    .getByText(/unreadable is no report/)
    .waitFor();
  await assertAccessible(page);
  await page.goto(`${at}/judged/compare?base=base&candidate=unreadable`);
  await page
    .getByRole("alert")
    .getByText(/unreadable/)
    .waitFor();
  await page.goto(`${at}/judged/compare?base=base&candidate=no-rows`);
  await page.getByRole("heading", { name: /^Refused/ }).waitFor();
  expect(await page.getByRole("heading", { name: /Improvement/ }).count()).toBe(0);
});

test("fifty thousand rows: worst first at once, the last one by a key, any by its address, both side by side", async () => {
  const page = await app.page();
  page.setDefaultTimeout(40_000);
  await page.goto(`${at}/many-rows/evaluations/base?tab=rows`);
  await page.getByText("50,000 rows of 50,000").waitFor();
  const grid = page.getByRole("grid", { name: "Rows of the report" });
  await grid.getByRole("gridcell", { name: /^row-/ }).first().waitFor();
  expect(await grid.getByRole("row").count()).toBeLessThan(120);
  await page.getByText("As in the file").click();
  await grid.getByRole("button", { name: "row-0", exact: true }).waitFor();
  await grid.focus();
  await page.keyboard.press("End");
  await grid.getByRole("button", { name: "row-49999", exact: true }).waitFor();
  expect(await grid.getByRole("row").count()).toBeLessThan(120);
  await page.goto(`${at}/many-rows/compare?base=base&candidate=better&kind=all&row=row-31337`);
  await page
    .getByRole("article", { name: "Row row-31337" })
    .getByRole("region", { name: "Candidate" })
    .waitFor();
  await shot(page, "compare-fifty-thousand");
});

test("a model that is a script is a text in the list, the report, the choice and the comparison", async () => {
  for (const width of [1440, 390]) {
    const page = await app.page({ viewport: { width, height: 900 } });
    for (const path of [
      "evaluations",
      "evaluations/hostile",
      "evaluations/hostile?tab=metrics",
      "compare",
      "compare?base=base&candidate=hostile",
    ]) {
      await page.goto(`${at}/judged/${path}`);
      await page.getByText("<script>").first().waitFor({ state: "attached" });
      expect([path, await isHacked(page), await overflowPx(page)]).toEqual([path, false, 0]);
    }
    await page.context().close();
  }
});

test.skipIf(!hasProgram)("a cycle whose every text is a script stays a page of texts", async () => {
  const task = await realTask();
  const from = join(task.dir, "cycles/0002");
  const run = runOf(task.entity, "damaged", "scripts");
  await run.begin({
    host: "box",
    job_type: "cycle",
    resume: true,
    display_name: script,
    config: { task: script, number: 2 },
  });
  for (const name of ["start.json", "decision/comparison.json", "decision/gates.json", "cycle.json"])
    await putFile(run, name, await readFile(join(from, name)));
  const decision = (await readFile(join(from, "decision/decision.json"), "utf8"))
    .replace(/"text": ?"[^"]*"/g, () => `"text":${JSON.stringify(script)}`)
    .replace(/"frozen-\d+"/g, () => JSON.stringify(script));
  await putFile(run, "decision/decision.json", decision);
  const check = (await readFile(join(from, "data/check.json"), "utf8")).replace(
    /"(says|mend|check)": ?"[^"]*"/g,
    (_, key: string) => `"${key}":${JSON.stringify(script)}`,
  );
  await putFile(run, "data/check.json", check);
  const plan = (await readFile(join(from, "plan/plan.yaml"), "utf8")).replace(
    /^hypothesis:.*$/m,
    () => `hypothesis: ${JSON.stringify(`${script} ${"long ".repeat(400)}`)}`,
  );
  await putFile(run, "plan/plan.yaml", plan);
  await run.finish();
  for (const width of [1440, 390]) {
    const page = await app.page({ viewport: { width, height: 900 } });
    await page.goto(`${at}/damaged/cycles/scripts`);
    await page.getByRole("heading", { name: /^Decision/ }).waitFor();
    await page.locator(".decision .reasons").getByText("<script>").first().waitFor();
    await page.getByRole("region", { name: "Data" }).getByText("<script>").first().waitFor();
    await page.getByRole("region", { name: "Plan" }).getByText("<script>").first().waitFor();
    expect([await isHacked(page), await overflowPx(page)]).toEqual([false, 0]);
    await assertAccessible(page);
    await shot(page, `cycle-scripts-${width}`);
    await page.goto(`${at}/damaged/cycles`);
    await page.getByRole("heading", { name: "All cycles" }).waitFor();
    expect(await isHacked(page)).toBe(false);
    await page.goto(app.host.url);
    await page.getByRole("region", { name: "Last decisions" }).getByText("<script>").first().waitFor();
    expect([await isHacked(page), await overflowPx(page)]).toEqual([false, 0]);
    await page.context().close();
  }
});
