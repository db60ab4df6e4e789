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

/** Of a gate, an expectation, a finding. */
export const stateTones: Record<string, Tone> = {
  met: "good",
  missed: "bad",
  cannot_say: "warn",
  passed: "good",
  failed: "bad",
  undecided: "warn",
};

export interface ShownStep {
  state: CycleState;
  name: string;
  /** `now`: what it would do next. */
  stand: "done" | "now" | "ahead";
  step: CycleStep | null;
}

export const roadNames: CycleState[] = [
  "planned",
  "data_built",
  "trained",
  "evaluated",
  "decided",
  "promoted",
  "evidenced",
];

/** A rollback stands where the promotion would. */
export const placeOf = (state: CycleState): CycleState => (state === "rolled_back" ? "promoted" : state);

/** The way of a cycle with what is done; a rollback stands where the promotion would. */
export function roadOf(steps: CycleStep[], next: CycleState | null | undefined): ShownStep[] {
  const done = new Map(steps.map((step) => [step.state, step]));
  const settles: CycleState = done.has("rolled_back") || next === "rolled_back" ? "rolled_back" : "promoted";
  return roadNames
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

/** What all steps took together; null where one does not say. */
export function totalSecs(steps: CycleStep[]): number | null {
  let total = 0;
  for (const { took_secs: took } of steps) {
    if (took === null || took === undefined) return null;
    total += took;
  }
  return steps.length === 0 ? null : total;
}

export interface PartGroup {
  title: string;
  /** Folder in the cycle, and what it is called within its group. */
  parts: { part: string; name: string }[];
}

const groupTitles: [string, string][] = [
  ["dev/", "On dev, for the plan"],
  ["reports/", "On frozen, for the decision"],
  ["", "Training"],
];

/** Folders of a cycle in the order of its steps; those that nobody knows go with the training. */
export function partGroups(parts: string[]): PartGroup[] {
  const groups = groupTitles.map(([folder, title]) => ({ folder, title, parts: [] as PartGroup["parts"] }));
  for (const part of [...parts].sort()) {
    const group = groups.find((one) => part.startsWith(one.folder));
    group?.parts.push({ part, name: part.slice(group.folder.length).replaceAll("-", " ") });
  }
  return groups
    .filter((group) => group.parts.length > 0)
    .map(({ title, parts: found }) => ({ title, parts: found }));
}

/** Whether the evidence that lies there is the one that the cycle recorded; null where it recorded none. */
export function isRecordedEvidence(steps: CycleStep[], sha256: string): boolean | null {
  const outputs = steps.find((step) => step.state === "evidenced")?.outputs ?? {};
  const name = Object.keys(outputs).find((one) => one.endsWith("evidence.zip"));
  return name === undefined ? null : outputs[name] === sha256;
}
