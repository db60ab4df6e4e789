// Evaluations and Compare on project `judged` (tests/data/judged.mjs).
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assertAccessible, openApp, shot, type App } from "./app";

let app: App;
let at: string;
beforeAll(async () => {
  app = await openApp();
  const viewer = (await (await fetch(`${app.host.url}/api/v1/viewer`)).json()) as { default_entity: string };
  at = `${app.host.url}/${viewer.default_entity}/judged`;
});
afterEach(() => app.endTest());
afterAll(() => app.close());

const looks = [
  { colorScheme: "light", width: 1440 },
  { colorScheme: "dark", width: 1440 },
  { colorScheme: "light", width: 390 },
] as const;

test("two ticked evaluations are compared, the first one as base", async () => {
  const page = await app.page();
  await page.goto(`${at}/evaluations`);
  await page.getByRole("link", { name: "constant" }).waitFor();
  await page.getByRole("searchbox").fill("smollm2");
  await page.getByRole("row", { name: "outputs/second" }).getByRole("checkbox").click();
  await page.getByRole("row", { name: "outputs/first" }).getByRole("checkbox").click();
  await page.getByRole("button", { name: "Compare" }).click();
  await page.waitForURL(/base=much-alike&candidate=better/);
  await page.getByRole("heading", { name: "better The candidate is better" }).waitFor();
});

test("the list and a report are accessible in both themes and on a phone", async () => {
  for (const { colorScheme, width } of looks) {
    const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(`${at}/evaluations`);
    await page.getByRole("link", { name: "constant" }).waitFor();
    await assertAccessible(page);
    await shot(page, `evaluations-${colorScheme}-${width}`);
    await page.goto(`${at}/evaluations/base`);
    await page.getByText("Latency of 120 answers").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await assertAccessible(page);
    await shot(page, `report-${colorScheme}-${width}`);
    await page.context().close();
  }
});

test("the worst row is first, and opens with prompt, raw answer and why it failed", async () => {
  const page = await app.page();
  await page.goto(`${at}/evaluations/base`);
  await page.getByRole("button", { name: "no_json_start" }).click();
  await page.getByText("9 rows of 120").waitFor();
  await page.getByLabel("Failure").selectOption({ label: "Any outcome" });
  await page.getByText("120 rows of 120").waitFor();
  const scores = await page.getByRole("row").locator("[role=gridcell]:nth-child(2)").allTextContents();
  const numbers = scores.slice(0, 12).map(Number);
  expect(numbers).toEqual([...numbers].sort((a, b) => b - a));
  await page.getByLabel("Failure").selectOption("no_json_start");
  await page.getByRole("button", { name: "row-5", exact: true }).click();
  await page.getByText("There is no { anywhere in the answer.").waitFor();
  await page.getByLabel("Answer under the grammar, as it came").getByText("Sure! Here you go:").waitFor();
  await assertAccessible(page);
  await shot(page, "report-row");
});

test("rows are opened whatever they are called", async () => {
  const page = await app.page();
  for (const id of [".", "..", "a/b", "../base", "%2e", "a?b#c"]) {
    await page.goto(`${at}/evaluations/odd-ids?${new URLSearchParams({ tab: "rows", order: "id" })}`);
    await page.getByRole("button", { name: id, exact: true }).click();
    const panel = page.getByRole("complementary", { name: `Row ${id}` });
    await panel.getByRole("heading", { name: "Target and answer" }).waitFor();
    expect(new URL(page.url()).searchParams.get("row")).toBe(id);
  }
});

test("texts that hold scripts stay texts", async () => {
  const page = await app.page();
  await page.goto(`${at}/evaluations/hostile?tab=rows&row=row-5`);
  await page.getByLabel("Answer under the grammar, as it came").getByText("<script>").waitFor();
  await page.goto(`${at}/evaluations/hostile?tab=rows&row=row-0`);
  await page.getByLabel("Message of user").getByText("<script>").waitFor();
  await page.goto(`${at}/compare?base=base&candidate=hostile&kind=all&row=row-0`);
  await page.getByRole("article").getByText("<script>").first().waitFor();
  expect(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked)).toBeUndefined();
});

test("a fair comparison shows its verdict, the line, and rows side by side", async () => {
  for (const { colorScheme, width } of looks) {
    const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(`${at}/compare?base=base&candidate=better`);
    await page
      .getByRole("img", { name: /Improvement of mae_penalised: 1\.5.* 95 % interval .*margin/ })
      .waitFor();
    await page.getByLabel("Which rows").selectOption("mended");
    await page.getByRole("button", { name: /^row-/ }).first().click();
    await page.getByRole("article").waitFor();
    await page.locator("article mark").first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(
      0,
    );
    await assertAccessible(page);
    await shot(page, `compare-${colorScheme}-${width}`);
    await page.context().close();
  }
});

test("a refusal shows reasons and who answered, and no figure of quality", async () => {
  for (const { colorScheme, width } of looks) {
    const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
    await page.goto(`${at}/compare?base=base&candidate=fallback`);
    await page.getByText(/only 20 of 120 rows of the candidate/).waitFor();
    await page
      .getByRole("list", { name: "Who answered for the candidate" })
      .getByText("some-fallback")
      .waitFor();
    expect(await page.getByText("mae_penalised").count()).toBe(0);
    expect(await page.getByRole("heading", { name: /Improvement|Side by side/ }).count()).toBe(0);
    await assertAccessible(page);
    await shot(page, `refused-${colorScheme}-${width}`);
    await page.context().close();
  }
});

test("a project without evaluations says what to do, an unknown one says it in the server's words", async () => {
  const page = await app.page({ expectedErrors: /404/ });
  await page.goto(`${at.replace("judged", "hostile")}/evaluations`);
  await page.getByText("No evaluations in this project yet").waitFor();
  await assertAccessible(page);
  await page.goto(`${at}/evaluations/nobody`);
  await page
    .getByRole("alert")
    .getByText(/nobody/)
    .waitFor();
});
