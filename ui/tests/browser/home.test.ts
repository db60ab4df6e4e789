import { afterAll, afterEach, beforeAll, test, expect } from "vitest";
import { assertAccessible, openApp, shot, type App } from "./app";

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterEach(() => app.endTest());
afterAll(() => app.close());

test("the first page shows all projects, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 844 } });
      await page.goto(`${app.host.url}/`);
      await page.getByRole("link", { name: /local\/hostile/ }).waitFor();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `home-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("the palette finds a project by a part of its name", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/`);
  await page.getByRole("link", { name: /local\/hostile/ }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("monito");
  await page
    .getByRole("option", { name: /monitoring/ })
    .first()
    .waitFor();
  await assertAccessible(page);
  await shot(page, "palette");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/monitoring$/);
});

test("a server that goes away is told, and its return too", async () => {
  const page = await app.page({ expectedErrors: /ERR_/ });
  await page.goto(`${app.host.url}/`);
  await page.getByRole("link", { name: /local\/hostile/ }).waitFor();
  app.host.setAway(true);
  await page.getByText(/has not answered for/).waitFor();
  await assertAccessible(page);
  await shot(page, "away");
  app.host.setAway(false);
  await page.getByText(/has not answered for/).waitFor({ state: "detached" });
});

test("a server that wants a key gets one, for this tab or this browser", async () => {
  const page = await app.page({ expectedErrors: /401/ });
  const key = "k".repeat(40);
  await page.route("**/api/v1/**", (route) => {
    const { authorization, ...headers } = route.request().headers();
    if (authorization === `Bearer ${key}`) return route.continue({ headers });
    return route.fulfill({ status: 401, json: { error: "this server wants a key" } });
  });
  await page.goto(`${app.host.url}/`);
  await page.getByLabel("Key", { exact: true }).fill("wrong");
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByText("this server wants a key", { exact: true }).waitFor();
  await assertAccessible(page);
  await shot(page, "key");
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByRole("button", { name: "Open" }).click();
  await page.getByRole("link", { name: /local\/hostile/ }).waitFor();
  expect(
    await page.evaluate(() => [sessionStorage.getItem("gradus.key"), localStorage.getItem("gradus.key")]),
  ).toEqual([key, null]);
});
