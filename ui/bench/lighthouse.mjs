// Lighthouse on the pages: performance, accessibility, best practice; 0 to 100 each.
//
// No dependency of the app: it brings 150 packages and 185 MB that only this needs. Its version is pinned here, and npm
// puts it into a folder of its own, which is kept. 12.8.2 is the last that runs on Node 20, as the app's tests do.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { promisify } from "node:util";
import { executablePath } from "./place.mjs";

const version = "12.8.2";
const folder = new URL(`../node_modules/.cache/lighthouse-${version}/`, import.meta.url).pathname;
const categories = ["performance", "accessibility", "best-practices"];

const pagesOf = ({ owner }) => ({
  home: "/",
  runs: `/${owner}/monitoring`,
  run: `/${owner}/monitoring/runs/grpo0`,
  dashboard: `/${owner}/monitoring/dashboards/monitoring`,
  evaluations: `/${owner}/judged/evaluations`,
  evaluation: `/${owner}/judged/evaluations/base`,
  compare: `/${owner}/judged/compare?base=base&candidate=better`,
  sweeps: `/${owner}/sweeps/sweeps`,
  settings: "/settings",
});

export async function lighthouse(place, only = []) {
  install();
  const found = {};
  for (const [name, address] of Object.entries(pagesOf(place))) {
    if (only.length > 0 && !only.includes(name)) continue;
    found[name] = await scoresOf(`${place.url}${address}`);
    console.error(`lighthouse ${name}: ${JSON.stringify(found[name])}`);
  }
  return { lighthouse_version: version, ...found };
}

function install() {
  if (existsSync(`${folder}node_modules/.bin/lighthouse`)) return;
  mkdirSync(folder, { recursive: true });
  const quiet = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", folder];
  execFileSync("npm", ["install", ...quiet, `lighthouse@${version}`], { stdio: "inherit" });
}

async function scoresOf(url) {
  const { stdout } = await promisify(execFile)(
    `${folder}node_modules/.bin/lighthouse`,
    [
      url,
      "--preset=desktop",
      "--quiet",
      // The stream of live events never ends, so the network never falls silent.
      "--max-wait-for-load=15000",
      "--output=json",
      `--only-categories=${categories.join(",")}`,
      "--chrome-flags=--no-sandbox --headless=new",
    ],
    { env: { ...process.env, CHROME_PATH: executablePath }, maxBuffer: 256 * 1024 * 1024 },
  );
  const report = JSON.parse(stdout);
  const scores = categories.map((name) => [name, Math.round(100 * (report.categories[name].score ?? NaN))]);
  return { ...Object.fromEntries(scores), lost: lostIn(report) };
}

/** What cost points, in Lighthouse's own names. */
function lostIn(report) {
  const refs = categories.flatMap((name) => report.categories[name].auditRefs);
  const counted = refs.filter((ref) => ref.weight > 0).map((ref) => report.audits[ref.id]);
  return counted
    .filter((audit) => audit.score !== null && audit.score < 0.9)
    .map((audit) => `${audit.id}${audit.displayValue ? ` (${audit.displayValue})` : ""}`);
}
