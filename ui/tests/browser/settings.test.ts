import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assertAccessible, backend, openApp, shot, type App } from "./app";

let app: App;
beforeAll(async () => {
  app = await openApp();
});
afterEach(() => app.endTest());
afterAll(() => app.close());

test("settings show keys, people, projects and the server, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 844 } });
      for (const [path, awaited] of [
        ["settings", "Version"],
        ["authorize", "Start the script"],
      ] as const) {
        await page.goto(`${app.host.url}/${path}`);
        await page.getByText(awaited).waitFor();
        expect(
          await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
        ).toBeLessThanOrEqual(0);
        await assertAccessible(page);
        await shot(page, `${path}-${colorScheme}-${width}`);
      }
      await page.context().close();
    }
  }
});

test("a key is made, shown once, works, and is deleted", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/settings`);
  await page.getByLabel("What for").fill("browser test <b>");
  await page.getByLabel("read-only").check();
  await page.getByRole("button", { name: "Make a key" }).click();
  const key = await page.locator(".setting-made pre").innerText();
  const asked = await fetch(`${backend()}/api/v1/viewer`, { headers: { Authorization: `Bearer ${key}` } });
  expect(await asked.json()).toMatchObject({ is_read_only: true });
  await assertAccessible(page);
  await shot(page, "settings-key");
  await page.getByRole("button", { name: "I have it" }).click();
  expect(await page.content()).not.toContain(key);
  await page.getByRole("button", { name: "Delete key browser test <b>" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await page.getByRole("button", { name: "Delete key browser test <b>" }).waitFor({ state: "detached" });
  const refused = await fetch(`${backend()}/api/v1/viewer`, { headers: { Authorization: `Bearer ${key}` } });
  expect(refused.status).toBe(401);
});

test("authorize makes the key in place and puts it into the line to paste", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/authorize`);
  await page.getByLabel("What for").fill("authorize test");
  await page.getByRole("button", { name: "Make a key" }).click();
  const key = await page.locator(".setting-made pre").innerText();
  await page.getByText(`export WANDB_API_KEY=${key}`).waitFor();
  await page.getByText(`export WANDB_BASE_URL=${app.host.url}`).waitFor();
  const { keys } = (await (await fetch(`${backend()}/api/v1/keys`)).json()) as {
    keys: { id: string; description: string }[];
  };
  const made = keys.filter((one) => one.description === "authorize test");
  expect(made).toHaveLength(1);
  for (const one of made) await fetch(`${backend()}/api/v1/keys/${one.id}`, { method: "DELETE" });
});

test("users and teams come and go; a project goes only when its name is typed", async () => {
  const viewer = await fetch(`${backend()}/api/v1/viewer`);
  const { default_entity: entity } = (await viewer.json()) as { default_entity: string };
  await fetch(`${backend()}/api/v1/projects/${entity}/to-remove/runs/one`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"host":"box"}',
  });
  const page = await app.page();
  await page.goto(`${app.host.url}/settings`);
  const users = page.getByRole("region", { name: "Users" });
  await users.getByLabel("Name").fill("ui-test-ann");
  await users.getByRole("button", { name: "Add a user" }).click();
  await users.getByText("ui-test-ann").waitFor();
  const teams = page.getByRole("region", { name: "Teams" });
  await teams.getByLabel("Name").fill("ui-test-team");
  await teams.getByRole("button", { name: "Add a team" }).click();
  const member = teams.getByRole("group", { name: "Members of ui-test-team" }).getByLabel("ui-test-ann");
  await member.click();
  await expect.poll(() => member.isChecked()).toBe(true);
  await assertAccessible(page);
  await shot(page, "settings-people");
  const remove = async (what: string, typed: string, does: string) => {
    await page.getByRole("button", { name: what }).click();
    const button = page.getByRole("button", { name: does, exact: true });
    expect(await button.isDisabled()).toBe(true);
    await page.getByRole("dialog").getByRole("textbox").fill(typed);
    if (typed === "to-remove") await shot(page, "settings-remove");
    await button.click();
    await page.getByRole("button", { name: what }).waitFor({ state: "detached" });
  };
  await remove("Remove team ui-test-team", "ui-test-team", "Remove the team");
  await remove("Remove user ui-test-ann", "ui-test-ann", "Remove the user");
  await remove(`Remove project ${entity}/to-remove`, "to-remove", "Remove it with all runs");
  await page.getByText(`${entity}/to-remove is removed.`).waitFor();
});

test("the store is checked and its catalogue made anew", async () => {
  const page = await app.page();
  await page.goto(`${app.host.url}/settings`);
  await page.getByRole("button", { name: "Check the store" }).click();
  await page.getByText(/The store is whole/).waitFor();
  await page.getByRole("button", { name: "Rebuild the catalogue" }).click();
  await page.getByText("The catalogue is made anew.").waitFor();
});
