// What `gradus eval`, `gradus cycle run` and the registry left in folders, as runs: the same files under the same
// names as the recorder of `gradus` sends them.
//
//     GRADUS_UI_URL=… node tests/data/folders.mjs TASK_DIR [PROJECT]
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { ask, entity, runOf, putFile } from "./api.mjs";

const evaluationFiles = ["run_manifest.json", "rows.jsonl", "final_metrics.json", "eval_summary.json"];
const trainingFiles = [
  "run_manifest.json",
  "final_metrics.json",
  "iter_eval_metrics.jsonl",
  "recipe.resolved.yaml",
];
const cycleFiles = [
  "start.json",
  "data/rows.json",
  "data/check.json",
  "data/augmentation_stats.json",
  "recipe.yaml",
  "settled.json",
  "loop.json",
  "evidence.zip",
  "report.html",
  "report.md",
];

export async function recordTask(taskDir, project) {
  const owner = await entity();
  for (const number of await folders(join(taskDir, "cycles")))
    await recordCycle(owner, project, taskDir, number);
  const registry = join(taskDir, "registry");
  const files = await below(registry, "", 3);
  if (files.length > 0)
    await record(owner, project, "registry", registry, files, {
      job_type: "registry",
      display_name: `registry of ${project}`,
      config: { task: project, task_dir: taskDir },
    });
}

async function recordCycle(owner, project, taskDir, number) {
  const dir = join(taskDir, "cycles", number);
  const name = `cycle-${number}`;
  const summary = { "cycle/number": Number(number) };
  const parts = ["training"];
  for (const group of ["dev", "reports"])
    for (const folder of await folders(join(dir, group))) parts.push(`${group}/${folder}`);
  for (const part of parts) {
    const files = await there(join(dir, part), part === "training" ? trainingFiles : evaluationFiles);
    if (files.length === 0) continue;
    const run = `${name}-${part.replaceAll("/", "-")}`;
    await record(owner, project, run, join(dir, part), files, {
      job_type: part === "training" ? "train" : "eval",
      group: name,
      config: { task: project, cycle_run: name, cycle: Number(number), cycle_part: part },
      history: part === "training" ? await lossRows(join(dir, part)) : [],
    });
    summary[`cycle/run/${part}`] = run;
  }
  const files = [
    ...(await there(dir, cycleFiles)),
    ...(await below(dir, "plan", 1)),
    ...(await below(dir, "decision", 1)),
    ...(await there(dir, ["cycle.json"])),
  ];
  await record(owner, project, name, dir, files, {
    job_type: "cycle",
    display_name: `cycle ${number}`,
    config: { task: project, task_dir: taskDir, number: Number(number) },
    summary,
  });
}

/** What the training logged, from its own file of evaluations. */
async function lossRows(dir) {
  const text = await readFile(join(dir, "iter_eval_metrics.jsonl"), "utf8").catch(() => "");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const row = JSON.parse(line);
      return {
        _step: row.step,
        ...Object.fromEntries(Object.entries(row).filter(([, v]) => typeof v === "number")),
      };
    });
}

export async function record(owner, project, run, dir, files, { history = [], summary = {}, ...about }) {
  const made = runOf(owner, project, run);
  await made.begin({ host: "box", ...about });
  if (history.length > 0) await made.history(history);
  for (const name of files) await putFile(made, name, await readFile(join(dir, name)));
  await made.summary(summary);
  await made.finish();
}

async function there(dir, names) {
  const found = [];
  for (const name of names) if (await stat(join(dir, name)).catch(() => null)) found.push(name);
  return found;
}

async function folders(dir) {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => []);
  return entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : [])).sort();
}

async function below(dir, folder, depth) {
  const entries = await readdir(join(dir, folder), { withFileTypes: true }).catch(() => []);
  const found = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    if (entry.name.startsWith(".") || entry.name.endsWith(".writing")) continue;
    const name = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) found.push(name);
    else if (depth > 1) found.push(...(await below(dir, name, depth - 1)));
  }
  return found;
}

if (process.argv[1]?.endsWith("folders.mjs")) {
  const [taskDir, project = "tiny"] = process.argv.slice(2);
  if (!taskDir) throw new Error("name a task's folder: node tests/data/folders.mjs TASK_DIR [PROJECT]");
  await ask("GET", "viewer");
  await recordTask(taskDir, project);
}
