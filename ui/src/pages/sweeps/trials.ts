// Trials as the page uses them: parameters flat, the metric as a number, or as none.
import type { TrialAnswer } from "@/api/sweeps";
import { numberOf } from "@/shared/format";

export interface Trial {
  /** From 1, in the order in which they were handed out. */
  number: number;
  run: string;
  state: string;
  /** Groups are joined with dots: `lora.r`. */
  parameters: Record<string, unknown>;
  /** The metric at last; null where it was never logged. May be NaN or infinite. */
  value: number | null;
  /** How often the metric was logged. */
  count: number;
  bestSoFar: number | null;
}

export function trialsOf(answers: TrialAnswer[]): Trial[] {
  return answers.map((answer, place) => ({
    number: place + 1,
    run: answer.run,
    state: answer.state,
    parameters: flattened(answer.parameters),
    value: numberOf(answer.last),
    count: answer.count,
    bestSoFar: answer.best_so_far ?? null,
  }));
}

export function flattened(values: object, before = ""): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.entries(flattened(value, `${before}${name}.`))
        : [[before + name, value]],
    ),
  );
}

/** Names of all parameters, in the order in which they first appear. */
export function parametersOf(trials: Trial[]): string[] {
  return [...new Set(trials.flatMap((trial) => Object.keys(trial.parameters)))];
}

/** Why a trial has no place on the metric's axis; null where it has one. */
export function lackOf(trial: Trial, metric: string): string | null {
  if (trial.value === null) return `never logged ${metric}`;
  if (Number.isNaN(trial.value)) return "NaN";
  return Number.isFinite(trial.value) ? null : "infinite";
}
