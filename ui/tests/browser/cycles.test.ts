// Cycles that the real program ran and recorded (tests/data/task.mjs): the page says what the program's files say.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatNumber } from "@/shared/format";
import { putFile, runOf } from "../data/api.mjs";
import { gradus, readJson } from "../data/task.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";
import { hasProgram, realTask, type RealTask } from "./realTask";

interface Effect {
  base: number;
  candidate: number;
  improvement: number;
  improvement_interval95: [number, number];
}

describe.skipIf(!hasProgram)("cycles", () => {
  let app: App;
  let task: RealTask;
  let at: string;
  beforeAll(async () => {
    app = await openApp();
    task = await realTask();
    at = `${app.host.url}/${task.entity}/rated`;
  });
  afterEach(() => app.endTest());
  afterAll(() => app.close());

  test("the list, the champion and one cycle, in both themes and on a phone", async () => {
    for (const [colorScheme, width] of [
      ["light", 1440],
      ["dark", 1440],
      ["light", 390],
      ["dark", 390],
    ] as const) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${at}/cycles`);
      await page.getByRole("heading", { name: /Champions of/ }).waitFor();
      await assertAccessible(page);
      await shot(page, `cycles-${colorScheme}-${width}`);
      await page.getByRole("link", { name: "Cycle 2", exact: true }).click();
      await page.getByRole("heading", { name: /^Decision/ }).waitFor();
      await page.getByText("Training", { exact: true }).first().waitFor();
      await page.getByText(/^Files of 7 steps/).click();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `cycle-${colorScheme}-${width}`);
      await page.context().close();
    }
  });

  test("figures are those of the program's own files", async () => {
    const comparison = (await readJson(task.dir, "cycles/0002/decision/comparison.json")) as {
      primary: Effect;
    };
    const status = (await gradus(task.dir, "cycle", "status", ".")) as {
      completion: { planned: number; decided: number; improved: number };
    };
    const { base, candidate, improvement, improvement_interval95: interval } = comparison.primary;
    const [low, high] = interval.map((one) => formatNumber(one));
    const page = await app.page();
    await page.goto(`${at}/cycles`);
    const row = page
      .getByRole("row")
      .filter({ has: page.getByRole("link", { name: "Cycle 2", exact: true }) });
    await row.getByText(`${formatNumber(base)} → ${formatNumber(candidate)}`).waitFor();
    await row
      .getByRole("img", { name: `Improvement ${formatNumber(improvement)}, ${low} … ${high}` })
      .waitFor();
    await page.goto(`${at}/cycles/${task.cycle(2)}`);
    await page
      .getByRole("heading", { name: new RegExp(`improvement ${formatNumber(improvement)} `) })
      .waitFor();
    await page.goto(`${at}/cycles/${task.cycle(3)}`);
    const { planned, decided, improved } = status.completion;
    await page.getByText(`(${decided}/${planned}) of the planned cycles reached a decision`).waitFor();
    await page.getByText(`(${improved}/${decided}) of those were better`).waitFor();
    const steps = await page.locator(".road li").allInnerTexts();
    expect(steps).toHaveLength(7);
    for (const step of steps) expect(step).toMatch(/took [\d.]+ (ms|s)/);
  });

  test("a row that a reason cites opens with both answers side by side", async () => {
    const decision = (await readJson(task.dir, "cycles/0002/decision/decision.json")) as {
      reasons: { rows?: string[] }[];
    };
    const cited = decision.reasons.flatMap((reason) => reason.rows ?? [])[0] ?? "none";
    const page = await app.page();
    await page.goto(`${at}/cycles/${task.cycle(2)}`);
    await page.locator(".decision .reasons").getByRole("link", { name: cited, exact: true }).click();
    await page.waitForURL(/\/compare\?/);
    const pair = page.getByRole("article", { name: `Row ${cited}`, exact: true });
    await pair.getByRole("region", { name: "Base" }).waitFor();
    await pair.getByRole("region", { name: "Candidate" }).waitFor();
    await page.goto(`${at}/cycles/${task.cycle(2)}`);
    await page.getByRole("region", { name: "Plan" }).getByRole("link", { name: /^dev-/ }).first().click();
    await page.waitForURL(/tab=rows&row=dev-/);
    await page.getByRole("complementary", { name: /^Row dev-/ }).waitFor();
  });

  test("evidence is verified in place, and says what the program says", async () => {
    const told = (await gradus(task.dir, "evidence", "verify", "cycles/0002/evidence.zip")) as Record<
      string,
      number
    >;
    const page = await app.page();
    await page.goto(`${at}/cycles/${task.cycle(2)}`);
    await page.getByText("as the cycle wrote it").waitFor();
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByText("verified", { exact: true }).waitFor();
    const [files, rows, figures] = ["files", "rows_rescored", "figures_recomputed"].map((key) =>
      formatNumber(told[key]),
    );
    await page
      .getByText(`${files} files, ${rows} rows scored again, ${figures} figures recomputed`)
      .waitFor();
    await shot(page, "cycle-verified");
    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download" }).click();
    const path = await (await download).path();
    expect((await readFile(path)).equals(await readFile(join(task.dir, "cycles/0002/evidence.zip")))).toBe(
      true,
    );
  });

  test("damaged evidence does not verify and says so", async () => {
    const good = await readFile(join(task.dir, "cycles/0002/evidence.zip"));
    const flipped = Buffer.from(good);
    for (let place = 2000; place < 2040; place += 1) flipped[place] = (flipped[place] ?? 0) ^ 0x55;
    const kinds = { flipped, cut: good.subarray(0, good.length / 2), empty: Buffer.alloc(0) };
    for (const [kind, bytes] of Object.entries(kinds)) {
      const run = runOf(task.entity, "damaged", kind);
      await run.begin({ host: "box", job_type: "cycle", resume: true, config: { task: "rated", number: 2 } });
      await putFile(run, "start.json", await readFile(join(task.dir, "cycles/0002/start.json")));
      await putFile(run, "cycle.json", await readFile(join(task.dir, "cycles/0002/cycle.json")));
      await putFile(run, "evidence.zip", bytes);
      await run.finish();
      const page = await app.page();
      await page.goto(`${at.replace(/rated$/, "damaged")}/cycles/${kind}`);
      await page.getByText("not the file that the cycle wrote").waitFor();
      await page.getByRole("button", { name: "Verify here" }).click();
      await page.getByText("does not verify", { exact: true }).waitFor();
      await assertAccessible(page);
      await shot(page, `cycle-damaged-${kind}`);
      await page.context().close();
    }
  });

  test("a cycle that begins is in the list, and its steps follow, without a reload", async () => {
    const begun = runOf(task.entity, "damaged", `live${Date.now().toString(36)}`);
    const page = await app.page();
    await page.goto(`${at.replace(/rated$/, "damaged")}/cycles`);
    const rows = page.getByRole("table").getByRole("row");
    await rows.first().waitFor();
    const before = await rows.count();
    await begun.begin({ host: "box", job_type: "cycle", config: { task: "rated", number: 2 } });
    await putFile(begun, "start.json", await readFile(join(task.dir, "cycles/0002/start.json")));
    await expect.poll(() => rows.count(), { timeout: 10_000 }).toBe(before + 1);
    await rows.nth(1).getByText("running").waitFor();
    await rows.nth(1).getByRole("link").click();
    await page.getByText("Not decided yet.").waitFor();
    const files = ["decision/decision.json", "decision/comparison.json", "cycle.json"];
    for (const name of files) await putFile(begun, name, await readFile(join(task.dir, "cycles/0002", name)));
    await page.getByRole("heading", { name: /^Decision hold/ }).waitFor();
    await begun.finish();
    await page.locator(".page-header").getByText("running").waitFor({ state: "detached" });
  });

  test("differences are told one by one, and a server that cannot verify says why", async () => {
    const page = await app.page({ expectedErrors: /501/ });
    const sealed = { sha256: "a".repeat(64), size_bytes: 9 };
    const answers = [
      {
        json: {
          ...sealed,
          result: { verified: false, differences: ["mae: 2 is 3"], problems: ["no manifest"] },
        },
      },
      { status: 501, json: { error: "this server cannot verify" } },
    ];
    await page.route("**/verify", (route) => route.fulfill(answers.shift() ?? { status: 500 }));
    await page.goto(`${at}/cycles/${task.cycle(1)}`);
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByText("does not verify", { exact: true }).waitFor();
    await page.getByText("mae: 2 is 3").waitFor();
    await page.getByText("no manifest").waitFor();
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByRole("alert").getByText("this server cannot verify").waitFor();
  });

  test("what rolled back is told", async () => {
    const page = await app.page();
    await page.goto(`${at}/cycles`);
    const history = page.getByRole("region", { name: /Champions of/ }).getByRole("listitem");
    await history.first().getByText("rollback").waitFor();
    await page.getByText("There is nothing to roll back to: nobody held it before.").waitFor();
  });
});
