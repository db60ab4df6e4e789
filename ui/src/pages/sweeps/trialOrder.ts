import type { TableSort } from "@/shared/table/types";
import type { Trial } from "./trials";

/** What is not there, NaN too, comes last either way; equal ones keep their order. */
export function sortedTrials(trials: Trial[], sort: TableSort): Trial[] {
  const sign = sort.isDescending ? -1 : 1;
  const keyed = trials.map((trial) => ({ trial, key: keyOf(trial, sort.id) }));
  keyed.sort((a, b) => {
    const [lackA, lackB] = [isLacking(a.key), isLacking(b.key)];
    if (lackA || lackB) return Number(lackA) - Number(lackB) || a.trial.number - b.trial.number;
    return sign * compared(a.key, b.key) || a.trial.number - b.trial.number;
  });
  return keyed.map(({ trial }) => trial);
}

function keyOf(trial: Trial, id: string): unknown {
  if (id === "#") return trial.number;
  if (id === "run") return trial.run;
  if (id === "state") return trial.state;
  if (id === "value") return trial.value;
  return trial.parameters[id.replace(/^parameter:/, "")];
}

const isLacking = (key: unknown) => key === null || key === undefined || Number.isNaN(key);

function compared(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
