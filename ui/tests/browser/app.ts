// A browser page on the app. Whatever goes wrong unseen (console errors, requests elsewhere) fails the test.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";
import { serveApp, type Host } from "./host";

const axeScript = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export interface App {
  host: Host;
  /** A fresh page; `expectedErrors` are console errors that the test provokes. */
  page(options?: BrowserContextOptions & { expectedErrors?: RegExp }): Promise<Page>;
  /** Closes the test's pages; throws when one had a console error or asked elsewhere. */
  endTest(): Promise<void>;
  close(): Promise<void>;
}

/** The server under test; without one the tests have nothing to look at. */
export function backend(): string {
  const address = process.env["GRADUS_UI_URL"];
  if (address === undefined)
    throw new Error("GRADUS_UI_URL names the server to test against: run `gradus up` and set it");
  return address.replace(/\/$/, "");
}

export async function openApp(): Promise<App> {
  const host = await serveApp(backend());
  const browser = await launch();
  const faults: string[] = [];
  return {
    host,
    async page({ expectedErrors, ...options } = {}) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const origin = new URL(host.url).origin;
      page.on("console", (message) => {
        if (message.type() === "error" && !expectedErrors?.test(message.text()))
          faults.push(`console: ${message.text()}`);
      });
      page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
      page.on("request", (request) => {
        const { protocol, origin: asked } = new URL(request.url());
        if (protocol.startsWith("http") && asked !== origin)
          faults.push(`external request: ${request.url()}`);
      });
      return page;
    },
    async endTest() {
      await Promise.all(browser.contexts().map((context) => context.close()));
      expect(faults.splice(0)).toEqual([]);
    },
    async close() {
      await browser.close();
      await host.close();
    },
  };
}

async function launch(): Promise<Browser> {
  const executablePath =
    process.env["CHROMIUM"] ?? lookUp("chromium") ?? lookUp("chromium-browser") ?? lookUp("google-chrome");
  if (!executablePath) throw new Error("no Chromium: install it or say with CHROMIUM where it is");
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}

function lookUp(name: string): string | null {
  try {
    return execFileSync("which", [name], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}

/** Accessibility as WCAG 2.2 AA has it; what is found is told with its place. */
export async function assertAccessible(page: Page): Promise<void> {
  const axe = await (await import("node:fs/promises")).readFile(axeScript, "utf8");
  // `evaluate` is not held by the page's content security policy, a script tag would be.
  await page.evaluate(axe);
  const violations = await page.evaluate(async () => {
    const run = (
      window as unknown as { axe: { run: (options: unknown) => Promise<{ violations: AxeViolation[] }> } }
    ).axe.run;
    interface AxeViolation {
      id: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const found = await run.call(null, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.violations.map(
      (one) => `${one.id}: ${one.nodes[0]?.html.slice(0, 200)} ${one.nodes[0]?.failureSummary}`,
    );
  });
  expect(violations).toEqual([]);
}

/** Keeps a picture for people to look at where GRADUS_UI_SHOTS names a folder. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env["GRADUS_UI_SHOTS"];
  if (folder === undefined) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png` });
}
