// Where a run came from, read from what it says of itself.

/** Types that the client makes of its own accord: tables, histories, code, jobs. Nobody asked for them. */
export function isKeptByClient(artifact: { type: string }): boolean {
  return (
    artifact.type === "run_table" ||
    artifact.type === "job" ||
    artifact.type === "code" ||
    artifact.type.startsWith("wandb-")
  );
}

export interface Fork {
  run: string;
  step: number | null;
}

/** `RUN?_step=N`; null where it was begun anew. */
export function forkOf(forkedFrom: string | null | undefined): Fork | null {
  const [run, search] = (forkedFrom ?? "").split("?");
  if (run === undefined || run === "") return null;
  const step = Number(new URLSearchParams(search ?? "").get("_step") ?? NaN);
  return { run, step: Number.isFinite(step) ? step : null };
}

/** The filter of the runs' page for all runs of a group. */
export const groupFilter = (group: string) => `group = "${group.replace(/["\\]/g, "\\$&")}"`;

/** The run of the cycle that this one is a part of, as `gradus cycle` writes it into the configuration. */
export function cycleOf(config: unknown): string | null {
  const named = (config as { cycle_run?: unknown } | null)?.cycle_run;
  return typeof named === "string" && named !== "" ? named : null;
}

/** Evaluations that our own program recorded say which rows they are of; a script may call its run "eval", too. */
export function isReport(run: { job_type?: string | null; config: unknown }): boolean {
  const rows = (run.config as { data_sha256?: unknown } | null)?.data_sha256;
  return run.job_type === "eval" && typeof rows === "string";
}
