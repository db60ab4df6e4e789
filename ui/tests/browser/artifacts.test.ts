// Artifacts that the wandb client logged (tests/data/lineage.py): `model` is made from `data`.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { assertAccessible, openApp, shot, type App } from "./app";

const project = "lineage";

describe("artifacts", () => {
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

  test("from a collection to what it was made from, by links", async () => {
    for (const [colorScheme, width] of [
      ["light", 1440],
      ["dark", 390],
    ] as const) {
      const page = await app.page({ colorScheme, viewport: { width, height: 900 } });
      await page.goto(`${at}/artifacts`);
      await page.getByRole("link", { name: "model", exact: true }).waitFor();
      await assertAccessible(page);
      await shot(page, `artifacts-${colorScheme}-${width}`);
      await page.getByRole("link", { name: "model", exact: true }).click();
      await page.getByRole("heading", { name: "Lineage" }).waitFor();
      await assertAccessible(page);
      await shot(page, `artifact-${colorScheme}-${width}`);
      await page.getByRole("link", { name: "data:v0" }).click();
      await page.getByRole("link", { name: "model:v0" }).waitFor();
      await page.context().close();
    }
  });

  test("a run's page says what it was made from and what it made", async () => {
    const page = await app.page();
    await page.goto(`${at}/artifacts/model/model/v0`);
    await page.locator('.lineage-node[data-kind="run"]').first().click();
    await page.locator(".page-header").getByRole("link", { name: "data:v0" }).waitFor();
    await page.getByRole("tab", { name: "Artifacts" }).click();
    await page
      .getByRole("region", { name: "Artifacts: Used" })
      .getByRole("link", { name: "data:v0" })
      .waitFor();
    await assertAccessible(page);
    await shot(page, "run-artifacts");
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole("tab", { name: "Artifacts" }).waitFor();
    await assertAccessible(page);
    await shot(page, "run-artifacts-390");
    await page
      .getByRole("region", { name: "Artifacts: Made" })
      .getByRole("link", { name: "model:v0" })
      .click();
    await page.getByRole("heading", { name: "Artifact model:v0" }).waitFor();
  });

  test("an alias is added and removed", async () => {
    const page = await app.page();
    await page.goto(`${at}/artifacts/model/model/v0`);
    await page.getByLabel("New alias").fill("kept");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Remove alias kept" }).click();
    await page.getByRole("button", { name: "Remove alias kept" }).waitFor({ state: "detached" });
    expect(await page.getByRole("list", { name: "Aliases" }).getByText("best").count()).toBe(1);
  });
});
