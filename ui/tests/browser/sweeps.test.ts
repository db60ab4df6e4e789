import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { assertAccessible, backend, openApp, shot, type App } from "./app";

let app: App;
let sweeps: { id: string; display_name: string | null }[];
let at: string;
beforeAll(async () => {
  app = await openApp();
  const ask = async (path: string) => (await fetch(`${backend()}/api/v1/${path}`)).json() as Promise<never>;
  const { default_entity: entity } = (await ask("viewer")) as { default_entity: string };
  at = `${app.host.url}/${entity}/sweeps/sweeps`;
  sweeps = ((await ask(`projects/${entity}/sweeps/sweeps`)) as { sweeps: typeof sweeps }).sweeps;
});
afterEach(() => app.endTest());
afterAll(() => app.close());

const idOf = (name: string) => sweeps.find((sweep) => sweep.display_name?.includes(name))?.id ?? "missing";

test("the list leads to a sweep, in both themes and on a phone", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [1440, 390]) {
      const page = await app.page({ colorScheme, viewport: { width, height: 844 } });
      await page.goto(at);
      await page.getByText("first search").waitFor();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
      await assertAccessible(page);
      await shot(page, `sweeps-${colorScheme}-${width}`);
      await page.getByRole("link", { name: /first search/ }).click();
      await page.getByText("60 of 60 trials").waitFor();
      await page.getByRole("gridcell", { name: "best" }).waitFor();
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - innerWidth),
      ).toBeLessThanOrEqual(0);
      await assertAccessible(page);
      await shot(page, `sweep-${colorScheme}-${width}`);
      await page.context().close();
    }
  }
});

test("brushing two axes holds trials everywhere, and the address keeps it", async () => {
  const page = await app.page();
  await page.goto(`${at}/${idOf("first search")}`);
  await page.getByText("60 of 60 trials").waitFor();
  const strips = await page.locator(".parallel-strip").all();
  for (const [place, from, to] of [
    [3, 0.9, 0.5],
    [4, 0.95, 0.4],
  ] as const) {
    const box = await strips[place]?.boundingBox();
    if (!box) throw new Error("no axis");
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * from);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height * to, { steps: 4 });
    await page.mouse.up();
  }
  const held = await page.locator(".sweep-bar b").innerText();
  const count = Number(held.split(" ")[0]);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan(60);
  await page
    .getByRole("grid", { name: "Trials" })
    .and(page.locator(`[aria-rowcount="${count + 1}"]`))
    .waitFor();
  await shot(page, "sweep-brushed");
  await page.reload();
  await page.getByText(held).waitFor();
  await page.getByRole("button", { name: /^lr / }).click();
  expect(Number((await page.locator(".sweep-bar b").innerText()).split(" ")[0])).toBeGreaterThan(count);
});

test("axes are dragged, reversed and limited, by pointer and by keyboard", async () => {
  const page = await app.page();
  await page.goto(`${at}/${idOf("first search")}`);
  const titles = page.locator(".parallel-title");
  await page.getByText("60 of 60 trials").waitFor();
  const grips = await page.locator(".parallel-grip").all();
  const [from, to] = [await grips[0]?.boundingBox(), await grips[3]?.boundingBox()];
  if (!from || !to) throw new Error("no axes");
  await page.mouse.move(from.x + 4, from.y + 6);
  await page.mouse.down();
  await page.mouse.move(to.x + 20, to.y + 6, { steps: 5 });
  await page.mouse.up();
  await expect
    .poll(async () =>
      (await titles.allInnerTexts()).map((text) => text.replace("⠿", "").trim()).indexOf("dropout"),
    )
    .toBe(3);
  await page.getByRole("button", { name: "Axis lora.r" }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.url()).toContain("reversed=lora.r");
  await page.getByRole("button", { name: "Axis optimizer" }).click();
  await page.getByRole("menuitem", { name: "Limit to a range…" }).click();
  await page.getByRole("dialog").getByRole("combobox").last().selectOption({ label: "adamw" });
  await assertAccessible(page);
  await page.getByRole("button", { name: "Limit", exact: true }).click();
  await page.getByRole("button", { name: /optimizer adamw/ }).waitFor();
});

test("the trial under the pointer is named in all views; an axis is logarithmic where it is told to be", async () => {
  const page = await app.page();
  await page.goto(`${at}/${idOf("first search")}`);
  const lines = page.locator(".parallel-area");
  await page.getByText("60 of 60 trials").waitFor();
  const box = await lines.boundingBox();
  if (!box) throw new Error("no lines");
  const pointed = page.locator(".pointed-trial b").first();
  for (let place = 0.2; place < 0.8 && !(await pointed.isVisible()); place += 0.02)
    await page.mouse.move(box.x + box.width * 0.1, box.y + box.height * place);
  const name = await pointed.innerText();
  expect(name).toMatch(/^trial-/);
  await page.mouse.move(5, 5);
  await page.getByText("Point at a line to see its trial").waitFor();
  await page.getByRole("gridcell", { name: "best" }).hover();
  await page.locator(".pointed-trial").getByText("best", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Axis lora.r" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Log scale" }).click();
  await expect.poll(() => page.url()).toContain("log=lora.r");
});

test("one trial is told to stop, after a question", async () => {
  const page = await app.page();
  const stops: string[] = [];
  // Trials that nobody hears of any more count as crashed; here one runs however late the test is.
  await page.route(`**/api/v1/**/sweeps/${idOf("first search")}`, async (route) => {
    const answer = await route.fetch();
    const found = (await answer.json()) as { trials: { state: string }[] };
    if (found.trials[0]) found.trials[0].state = "running";
    await route.fulfill({ response: answer, json: found });
  });
  await page.route("**/stop", (route) => {
    stops.push(route.request().url());
    return route.fulfill({ json: {} });
  });
  await page.goto(`${at}/${idOf("first search")}?sort=state&descending=1`);
  await page
    .getByRole("button", { name: /^Stop trial-/ })
    .first()
    .click();
  await page.getByRole("dialog").getByText("is interrupted at its next upload").waitFor();
  await assertAccessible(page);
  await page.getByRole("button", { name: "Stop it" }).click();
  await page.getByText("is told to stop at its next upload.").waitFor();
  expect(stops).toHaveLength(1);
});

test("thousands of trials, none, hostile names, and a metric that nobody logs", async () => {
  const page = await app.page();
  await page.goto(`${at}/${idOf("two thousand")}`);
  await page.getByText("2,000 of 2,000 trials").waitFor();
  await shot(page, "sweep-two-thousand");
  await page.goto(`${at}/${idOf("nothing tried")}`);
  await page.getByText("No trial yet").waitFor();
  await assertAccessible(page);
  await page.goto(`${at}/${idOf("<script>")}`);
  await page.getByText("3 of 3 trials", { exact: true }).waitFor();
  expect(await page.evaluate(() => "hacked" in window)).toBe(false);
  await assertAccessible(page);
  await shot(page, "sweep-hostile");
  await page.goto(`${at}/${idOf("misspelt")}`);
  await page.getByText(/No trial has logged val\/los/).waitFor();
  await shot(page, "sweep-misspelt");
});

test("a sweep is paused, resumed, ended, run again and cancelled; what ends it is asked about", async () => {
  const page = await app.page();
  await page.goto(`${at}/${idOf("nothing tried")}`);
  const state = page.locator(".page-header .badge");
  const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
  await page.getByText("No trial yet").waitFor();
  if (await page.getByRole("button", { name: "Run again" }).isVisible()) await press("Run again");
  await press("Pause");
  await state.getByText("paused").waitFor();
  await page.getByText("Paused: agents wait, trials that run go on.").waitFor();
  await press("Resume");
  await state.getByText("running").waitFor();
  await press("End");
  await assertAccessible(page);
  await shot(page, "sweep-end");
  await press("Leave it");
  await state.getByText("running").waitFor();
  await press("End");
  await press("End it");
  await state.getByText("finished").waitFor();
  await press("Run again");
  await state.getByText("running").waitFor();
  await press("Cancel");
  await press("Cancel it");
  await state.getByText("canceled").waitFor();
  await page.goto(at);
  await page
    .getByRole("link", { name: /nothing tried/ })
    .getByText("canceled")
    .waitFor();
  await page.goto(`${at}/${idOf("nothing tried")}`);
  await press("Run again");
  await state.getByText("running").waitFor();
});

test("a sweep that the server will not change is left as it is, and why is told", async () => {
  const page = await app.page({ expectedErrors: /403/ });
  await page.route("**/state", (route) =>
    route.fulfill({ status: 403, json: { error: "this key may only read" } }),
  );
  await page.goto(`${at}/${idOf("nothing tried")}`);
  await page.getByRole("button", { name: "Pause", exact: true }).click();
  await page.getByText("this key may only read").waitFor();
  await page.locator(".page-header .badge").getByText("running").waitFor();
});

test("a sweep that is not there is told in the server's words", async () => {
  const page = await app.page({ expectedErrors: /404/ });
  await page.goto(`${at}/none0000`);
  await page.getByText(/not found/).waitFor();
});
