// Cycles of a real task: `gradus cycle run` recorded them into the project (tests/data/task.mjs).
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assertAccessible, openApp, shot, type App } from "./app";

const project = "tiny";

describe("cycles", () => {
  let app: App;
  let at: string;
  beforeAll(async () => {
    app = await openApp();
    const viewer = (await (await fetch(`${app.host.url}/api/v1/viewer`)).json()) as {
      default_entity: string;
    };
    at = `${app.host.url}/${viewer.default_entity}/${project}`;
  });
  afterEach(() => app.endTest());
  afterAll(() => app.close());

  test("the list, the champion and one cycle, in both themes and on a phone", async () => {
    for (const [colorScheme, width] of [
      ["light", 1440],
      ["dark", 1440],
      ["light", 390],
    ] as const) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${at}/cycles`);
      await page.getByRole("heading", { name: /Champions of/ }).waitFor();
      await assertAccessible(page);
      await shot(page, `cycles-${colorScheme}-${width}`);
      await page.getByRole("link", { name: "Cycle 1", exact: true }).click();
      await page.getByRole("heading", { name: /^Decision/ }).waitFor();
      await page.getByText("Training", { exact: true }).waitFor();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `cycle-${colorScheme}-${width}`);
      await page.context().close();
    }
  });

  test("what verifying found is told: all recomputed, what differs, or why it was not done", async () => {
    const page = await app.page({ expectedErrors: /501/ });
    const answers = [
      {
        json: {
          sha256: "a".repeat(64),
          size_bytes: 9,
          result: { verified: true, rows_rescored: 55, differences: [] },
        },
      },
      {
        json: {
          sha256: "a".repeat(64),
          size_bytes: 9,
          result: { verified: false, differences: ["mae: 2 is 3"] },
        },
      },
      { status: 501, json: { error: "this server cannot verify" } },
    ];
    await page.route("**/verify", (route) => route.fulfill(answers.shift() ?? { status: 500 }));
    await page.goto(`${at}/cycles`);
    await page.getByRole("link", { name: "Cycle 1", exact: true }).click();
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByText("verified", { exact: true }).waitFor();
    await page.getByText("rows rescored").waitFor();
    await shot(page, "cycle-verified");
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByText("does not verify", { exact: true }).waitFor();
    await page.getByText("mae: 2 is 3").waitFor();
    await page.getByRole("button", { name: "Verify here" }).click();
    await page.getByRole("alert").getByText("this server cannot verify").waitFor();
  });
});
