// Where the pages are measured: as the server of GRADUS_UI_URL serves them itself, or with GRADUS_UI_DIST=1 those of
// dist/ before it, so that a change can be measured without building the server.
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

export const backend = process.env.GRADUS_UI_URL;
if (!backend) throw new Error("GRADUS_UI_URL names the server");

export const executablePath =
  process.env.CHROMIUM ?? execFileSync("which", ["chromium"], { encoding: "utf8" }).trim();

/** Opens a browser; `page` gives a new one without anything in its cache. */
export async function begin() {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  const { url, close } = await hosted();
  const answer = await fetch(`${backend}/api/v1/viewer`);
  const { default_entity: owner } = await answer.json();
  return {
    owner,
    url,
    page: async () => {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
      return context.newPage();
    },
    async close() {
      await browser.close();
      await close();
    },
  };
}

async function hosted() {
  if (process.env.GRADUS_UI_DIST !== "1") return { url: backend, close: () => Promise.resolve() };
  const { createServer } = await import("vite");
  const loader = await createServer({
    configFile: false,
    optimizeDeps: { noDiscovery: true },
    logLevel: "error",
    server: { middlewareMode: true },
    appType: "custom",
  });
  const { serveApp } = await loader.ssrLoadModule("/tests/browser/host.ts");
  const host = await serveApp(backend, "");
  return {
    url: host.url,
    async close() {
      await host.close();
      await loader.close();
    },
  };
}

/** The middle one and the one that 19 of 20 don't exceed, of milliseconds. */
export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const rank = (share) => Math.round(10 * sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]) / 10;
  return { median: rank(0.5), p95: rank(0.95), n: sorted.length };
}

/** Measures `measure(page)` on new pages. */
export async function repeated(place, count, measure) {
  const found = [];
  for (let at = 0; at < count; at++) {
    const page = await place.page();
    found.push(await measure(page));
    await page.context().close();
  }
  return found;
}
