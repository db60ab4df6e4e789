// Evaluations and comparisons that the real program made (tests/data/task.mjs): the page says what it says.
import { join } from "node:path";
import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { formatNumber } from "@/shared/format";
import { putFile, runOf } from "../data/api.mjs";
import { gradus, readJson } from "../data/task.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";
import { hasProgram, realTask, type RealTask } from "./realTask";

interface Figure {
  value: number | null;
  n: number;
  interval95: [number, number] | null;
  unit: string;
}
interface Report {
  metrics: Record<string, Figure>;
  strata: Record<string, Record<string, Figure>>;
}
interface Effect {
  base: number;
  candidate: number;
  improvement: number;
  improvement_interval95: [number, number];
}
interface Comparison {
  verdict: string;
  primary: Effect;
  effects: Record<string, Effect>;
  strata: Record<string, { effect: Effect }>;
  skill: Record<string, { reference: number; base: number; candidate: number }>;
  flips: { n_better: number; n_worse: number; n_equal: number };
  power: { detectable_improvement: number };
  refusals: { code: string; text: string }[];
}

describe.skipIf(!hasProgram)("evaluations of a real task", () => {
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

  const compared = (base: string, candidate: string) =>
    gradus(task.dir, "compare", `reports/${base}`, `reports/${candidate}`) as Promise<Comparison>;
  const compareAddress = (base: string, ...candidates: string[]) =>
    `${at}/compare?base=${task.evaluation(`reports/${base}`)}` +
    candidates.map((one) => `&candidate=${task.evaluation(`reports/${one}`)}`).join("");

  test("every metric of the report stands on the page with interval and denominator", async () => {
    const report = (await readJson(task.dir, "reports/tuned/eval_summary.json")) as Report;
    const page = await app.page();
    await page.goto(`${at}/evaluations/${task.evaluation("reports/tuned")}?tab=metrics`);
    const shown = page.getByRole("row");
    await shown.filter({ hasText: "mae_penalised (primary)" }).waitFor();
    const rows = new Map<string, string[]>();
    for (const row of await shown.all()) {
      const name = await row.getByRole("rowheader").allInnerTexts();
      if (name[0]) rows.set(name[0].replace(" (primary)", ""), await row.getByRole("cell").allInnerTexts());
    }
    expect([...rows.keys()].sort()).toEqual(Object.keys(report.metrics).sort());
    for (const [name, figure] of Object.entries(report.metrics)) {
      const [value, interval, n] = rows.get(name) ?? [];
      if (figure.value === null) expect([name, value]).toEqual([name, "–"]);
      if (figure.unit === "scale units") {
        expect([name, value]).toEqual([name, formatNumber(figure.value)]);
        expect(interval).toBe((figure.interval95 ?? []).map((end) => formatNumber(end)).join(" … "));
      }
      expect(n?.split(" ")[0]).toBe(formatNumber(figure.n));
    }
    await page.goto(`${at}/evaluations/${task.evaluation("reports/tuned")}`);
    for (const [stratum, metrics] of Object.entries(report.strata)) {
      const figure = metrics["mae_penalised"];
      const row = page
        .getByRole("row")
        .filter({ has: page.getByRole("button", { name: stratum, exact: true }) });
      await row.getByText(formatNumber(figure?.value), { exact: true }).waitFor();
    }
  });

  test("a comparison has the verdict and the figures of gradus compare", async () => {
    const told = await compared("base", "tuned");
    const page = await app.page();
    await page.goto(compareAddress("base", "tuned"));
    await page.getByRole("heading", { name: new RegExp(`^${told.verdict}`, "i") }).waitFor();
    const { improvement, improvement_interval95: interval } = told.primary;
    const [low, high] = interval.map((end) => formatNumber(end));
    await page
      .getByRole("img", {
        name: `${formatNumber(improvement)} mae_penalised, 95 % interval ${low} to ${high}`,
      })
      .waitFor();
    for (const count of [told.flips.n_worse, told.flips.n_equal, told.flips.n_better])
      await page.getByText(`(${count}/55)`).first().waitFor();
    await page
      .getByText(`an improvement of ${formatNumber(told.power.detectable_improvement)} ends as`)
      .waitFor();
    const other = page.getByRole("region", { name: "Table of other metrics" }).getByRole("row");
    for (const [name, effect] of Object.entries(told.effects)) {
      if (name === "mae_penalised") continue;
      const cells = await other
        .filter({ has: page.getByRole("rowheader", { name, exact: true }) })
        .innerText();
      expect(cells).toContain(formatNumber(effect.candidate));
    }
    const skills = page.getByRole("region", { name: "Skill against baselines" }).getByRole("row");
    for (const [name, skill] of Object.entries(told.skill))
      expect(
        await skills.filter({ has: page.getByRole("rowheader", { name, exact: true }) }).innerText(),
      ).toContain(formatNumber(skill.candidate, 3));
    for (const [name, { effect }] of Object.entries(told.strata))
      await page
        .getByRole("region", { name: /per stratum/ })
        .getByRole("row")
        .filter({ has: page.getByRole("rowheader", { name, exact: true }) })
        .getByText(formatNumber(effect.improvement), { exact: true })
        .waitFor();
  });

  test("a refused comparison has the program's reasons, who answered, and nothing else", async () => {
    const told = await compared("tuned", "first-twenty");
    expect(told.verdict).toBe("refused");
    const page = await app.page();
    await page.goto(compareAddress("tuned", "first-twenty"));
    for (const refusal of told.refusals) await page.getByText(refusal.text).waitFor();
    await page.getByRole("list", { name: "Who answered for the candidate" }).waitFor();
    expect(await page.getByText("mae_penalised").count()).toBe(0);
    expect(
      await page
        .getByRole("region")
        .filter({ hasText: /Improvement|flip|metrics/ })
        .count(),
    ).toBe(0);
  });

  test("several candidates stand on one line, the refused one without a place on it", async () => {
    for (const [colorScheme, width] of [
      ["light", 1440],
      ["dark", 390],
    ] as const) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(compareAddress("constant", "tuned", "base", "first-twenty"));
      const overview = page.getByRole("region", { name: "Candidates" });
      const refused = overview.getByRole("row").filter({ hasText: "refused" });
      await refused.waitFor();
      expect(await refused.locator("svg").count()).toBe(0);
      await refused.getByText("the prompts as they were sent differ").waitFor();
      await overview.getByText("1 of 3 candidates must not be compared with this base").waitFor();
      await overview.getByRole("row").filter({ hasText: "worse" }).getByRole("button").click();
      await page.getByRole("heading", { name: /^worse/i }).waitFor();
      await refused.getByRole("button").click();
      await page.getByRole("heading", { name: /^Refused/ }).waitFor();
      await assertAccessible(page);
      await shot(page, `compare-several-${colorScheme}-${width}`);
      await page.context().close();
    }
  });

  test("rows are gone through by j and k, and the address keeps the one that is open", async () => {
    const page = await app.page();
    await page.goto(`${at}/evaluations/${task.evaluation("reports/tuned")}?tab=rows`);
    const panel = page.getByRole("complementary");
    await page.getByRole("gridcell", { name: "frozen-" }).first().waitFor();
    const ids = (
      await page
        .getByRole("gridcell")
        .filter({ hasText: /^frozen-\d+$/ })
        .allInnerTexts()
    ).slice(0, 3);
    for (const [key, place] of [
      ["j", 0],
      ["j", 1],
      ["j", 2],
      ["k", 1],
    ] as const) {
      await page.keyboard.press(key);
      await panel.getByRole("heading", { name: `Row ${ids[place] ?? ""}`, exact: true }).waitFor();
    }
    await expect.poll(() => page.url()).toContain(`row=${ids[1] ?? ""}`);
    await panel.getByRole("heading", { name: /^Prompt/ }).waitFor();
  });

  test("an evaluation that begins is shown running, and its report comes without a reload", async () => {
    const begun = runOf(task.entity, "live-evaluations", `run${Date.now().toString(36)}`);
    const first = runOf(task.entity, "live-evaluations", "first");
    const folder = join(task.dir, "reports/tuned");
    const record = async (run: typeof begun) => {
      for (const name of ["rows.jsonl", "run_manifest.json", "eval_summary.json"])
        await putFile(run, name, await readFile(join(folder, name)));
      await run.finish();
    };
    const about = { host: "box", job_type: "eval", config: { task: "rated" } };
    await first.begin({ ...about, resume: true });
    await record(first);
    const page = await app.page({ expectedErrors: /404/ });
    await page.goto(`${at.replace(/rated$/, "live-evaluations")}/evaluations`);
    const table = page.getByRole("grid", { name: "Evaluations" });
    await table.waitFor();
    const before = Number(await table.getAttribute("aria-rowcount"));
    await begun.begin({ ...about, display_name: "model on frozen" });
    const running = page.getByRole("list", { name: "Evaluations that run now" });
    await running.getByRole("link", { name: "model on frozen" }).first().click();
    await page.getByRole("heading", { name: "It is being evaluated" }).waitFor();
    await assertAccessible(page);
    await shot(page, "evaluation-running");
    await record(begun);
    await page.getByText("Latency of 55 answers").waitFor();
    await page.goBack();
    await expect
      .poll(async () => Number(await table.getAttribute("aria-rowcount")), { timeout: 10_000 })
      .toBe(before + 1);
  });
});
