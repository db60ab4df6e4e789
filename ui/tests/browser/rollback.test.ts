// Rolling back from the page: the registry in the task's folder moves, and every open page with it; or it is refused.
import { cp, mkdtemp, mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { shortModel } from "@/shared/modelName";
import { gradus } from "../data/task.mjs";
import { assertAccessible, openApp, shot, type App } from "./app";
import { hasProgram, realTask, type RealTask } from "./realTask";

interface Move {
  action: string;
  to: { model: string };
}

describe.skipIf(!hasProgram)("rolling back", () => {
  let app: App;
  let task: RealTask;
  beforeAll(async () => {
    app = await openApp();
    task = await realTask();
  });
  afterEach(() => app.endTest());
  afterAll(() => app.close());

  /** The real task under another name, whose champions were promoted and not rolled back; recorded. */
  async function promotedTask() {
    const name = `back-${Date.now().toString(36)}`;
    const dir = join(await mkdtemp(join(tmpdir(), "gradus-ui-")), name);
    await mkdir(join(dir, "registry"), { recursive: true });
    for (const file of ["prompt.jinja", "contract.schema.json"])
      await cp(join(task.dir, file), join(dir, file));
    const yaml = await readFile(join(task.dir, "task.yaml"), "utf8");
    await writeFile(join(dir, "task.yaml"), yaml.replace("name: rated", `name: ${name}`));
    const lines = (await readFile(join(task.dir, "registry/history.jsonl"), "utf8")).trim().split("\n");
    const promoted = lines.filter((line) => (JSON.parse(line) as Move).action === "promote");
    await writeFile(join(dir, "registry/history.jsonl"), promoted.map((line) => `${line}\n`).join(""));
    await gradus(dir, "champions", ".");
    const models = promoted.map((line) => shortModel((JSON.parse(line) as Move).to.model));
    const [holder, before] = models.reverse();
    if (holder === undefined || before === undefined) throw new Error("the task has had one champion only");
    return { dir, holder, before, address: `${app.host.url}/${task.entity}/${name}/cycles` };
  }

  const movesOf = async (dir: string) =>
    (await readFile(join(dir, "registry/history.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Move);

  const holderOn = (page: Page) => page.locator(".holder b");
  const isShown = (page: Page, model: string) =>
    expect.poll(() => holderOn(page).innerText(), { timeout: 10_000 }).toBe(model);

  test("the holder changes here, in the folder and on every open page", async () => {
    const { dir, holder, before, address } = await promotedTask();
    const [page, other] = [await app.page(), await app.page()];
    await other.goto(address);
    await isShown(other, holder);
    await page.goto(address);
    const button = page.getByRole("button", { name: `Roll back to ${before}` });
    await button.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Roll back champion?" });
    await dialog.getByText(`champion goes from ${holder} back to ${before}`).waitFor();
    await assertAccessible(page);
    await shot(page, "rollback-asked");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
    const known = (await movesOf(dir)).length;

    await button.click();
    await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await isShown(page, before);
    await page.getByRole("status").getByText(`champion: ${holder} → ${before}`).waitFor();
    expect(await page.evaluate(() => document.activeElement?.className)).toBe("holder");
    const history = page.getByRole("region", { name: /Champions of/ }).getByRole("listitem");
    expect(await history.first().innerText()).toContain("rollback");
    await isShown(other, before);
    const moves = await movesOf(dir);
    expect(moves).toHaveLength(known + 1);
    expect(moves.at(-1)?.action).toBe("rollback");
    await assertAccessible(page);
    await shot(page, "rollback-done");
  });

  test("a folder that has moved on is not touched, and the page says what to enter", async () => {
    const { dir, holder, before, address } = await promotedTask();
    const page = await app.page({ expectedErrors: /409/, viewport: { width: 390, height: 900 } });
    await page.goto(address);
    await page.getByRole("button", { name: `Roll back to ${before}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText(`back to ${before}`).waitFor();
    const path = join(dir, "registry/history.jsonl");
    const lines = (await readFile(path, "utf8")).trim().split("\n");
    await writeFile(path, [...lines, lines.at(-1), ""].join("\n"));
    const moved = await readFile(path, "utf8");
    await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
    await dialog.getByRole("alert").getByText("the folder has moved on since it was recorded").waitFor();
    await assertAccessible(page);
    await shot(page, "rollback-refused");
    await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
    await page.getByText(`gradus champions ${dir}`).waitFor();
    expect(await page.getByRole("button", { name: /Roll back/ }).count()).toBe(0);
    await isShown(page, holder);
    expect(await readFile(path, "utf8")).toBe(moved);
    await assertAccessible(page);
    await shot(page, "rollback-elsewhere");
    // The command is what brings the button back.
    await gradus(dir, "champions", dir);
    await page.getByRole("button", { name: /Roll back to/ }).waitFor();
  });

  test("who else moved it meanwhile is named, and nothing is moved twice", async () => {
    const { dir, holder, before, address } = await promotedTask();
    const page = await app.page({ expectedErrors: /409/ });
    await page.goto(address);
    await page.getByRole("button", { name: `Roll back to ${before}` }).click();
    await gradus(dir, "rollback", ".");
    const dialog = page.getByRole("dialog");
    await dialog.getByText(`from ${holder} back to ${before}`).waitFor();
    await dialog.getByRole("button", { name: "Roll back", exact: true }).click();
    await dialog
      .getByRole("alert")
      .getByText(/nothing was moved|nobody held it before/)
      .waitFor();
    expect((await movesOf(dir)).filter((move) => move.action === "rollback")).toHaveLength(1);
    await page.keyboard.press("Escape");
    await isShown(page, before);
  });
});
