// The states of a cycle, in the order in which it goes through them.
import type { CycleState, CycleStep } from "@/api/cycles";
import type { Tone } from "@/shared/components";

export const stateNames: Record<CycleState, string> = {
  planned: "Planned",
  data_built: "Data built",
  trained: "Trained",
  evaluated: "Evaluated",
  decided: "Decided",
  promoted: "Settled",
  rolled_back: "Rolled back",
  evidenced: "Evidence",
};

export const outcomeTones: Record<string, Tone> = { promote: "good", hold: "warn", reject: "bad" };

export interface ShownStep {
  state: CycleState;
  name: string;
  /** `now`: what it would do next. */
  stand: "done" | "now" | "ahead";
  step: CycleStep | null;
}

const road: CycleState[] = [
  "planned",
  "data_built",
  "trained",
  "evaluated",
  "decided",
  "promoted",
  "evidenced",
];

/** The way of a cycle with what is done; a rollback stands where the promotion would. */
export function roadOf(steps: CycleStep[], next: CycleState | null | undefined): ShownStep[] {
  const done = new Map(steps.map((step) => [step.state, step]));
  const settles: CycleState = done.has("rolled_back") || next === "rolled_back" ? "rolled_back" : "promoted";
  return road
    .map((state) => (state === "promoted" ? settles : state))
    .map((state) => {
      const step = done.get(state) ?? null;
      const stand = step ? "done" : state === next ? "now" : "ahead";
      return { state, name: stateNames[state], stand, step };
    });
}

/** What a program gave as free JSON, flat enough to read: "a.b" → value. */
export function factsOf(value: unknown, prefix = ""): [string, string][] {
  if (typeof value !== "object" || value === null) return prefix === "" ? [] : [[prefix, String(value)]];
  if (Array.isArray(value)) {
    const isShort = value.length <= 8 && value.every((one) => typeof one !== "object");
    return [[prefix, isShort ? value.join(", ") || "none" : `${value.length} entries`]];
  }
  return Object.entries(value).flatMap(([name, inner]) =>
    factsOf(inner, prefix === "" ? name : `${prefix}.${name}`),
  );
}
