// The task `rated` of tests/data/task.mjs on the server under test: made once by the real program that GRADUS names.
import { backend } from "./app";
import { fillTask } from "../data/task.mjs";

interface FoundRun {
  name: string;
  display_name: string | null;
  config: Record<string, string | undefined>;
}

export interface RealTask {
  entity: string;
  /** Folder that the program made. */
  dir: string;
  /** The run whose evaluation lies in this folder of the task: "reports/base". */
  evaluation(folder: string): string;
  /** The run of a cycle by its number. */
  cycle(number: number): string;
}

const first = "cycles/0001/dev/constant";

/** Without the program there is no real data to look at. */
export const hasProgram = process.env["GRADUS"] !== undefined;

async function ask<Answer>(path: string): Promise<Answer> {
  const answer = await fetch(`${backend()}/api/v1/${path}`);
  return (await answer.json()) as Answer;
}

export async function realTask(): Promise<RealTask> {
  const { default_entity: entity } = await ask<{ default_entity: string }>("viewer");
  const project = `projects/${entity}/rated`;
  const { projects } = await ask<{ projects: { name: string }[] }>("projects");
  if (!projects.some((one) => one.name === "rated")) await fillTask();
  const { cycles } = await ask<{ cycles: { number: number; run: { name: string } }[] }>(`${project}/cycles`);
  const keys = encodeURIComponent('["out"]');
  const { runs } = await ask<{ runs: FoundRun[] }>(`${project}/runs?limit=500&config_keys=${keys}`);
  const folderOf = (run: FoundRun) => run.config["out"] ?? "";
  const withFolder = (end: string) => {
    const found = runs.find((run) => folderOf(run).endsWith(end));
    if (!found) throw new Error(`no evaluation lies in ${end}`);
    return found;
  };
  return {
    entity,
    dir: folderOf(withFolder(first)).slice(0, -first.length - 1),
    evaluation: (folder) => withFolder(folder).name,
    cycle: (number) => cycles.find((one) => one.number === number)?.run.name ?? "missing",
  };
}
