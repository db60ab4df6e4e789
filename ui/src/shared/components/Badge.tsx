import type { ReactNode } from "react";

export type Tone = "plain" | "good" | "bad" | "warn" | "live";

export function Badge({
  tone = "plain",
  hasDot = false,
  children,
}: {
  tone?: Tone;
  hasDot?: boolean;
  children: ReactNode;
}) {
  return (
    <span className="badge" data-tone={tone}>
      {hasDot && <span className="badge-dot" aria-hidden="true" />}
      {children}
    </span>
  );
}

const tones: Record<string, Tone> = {
  running: "live",
  finished: "good",
  crashed: "bad",
  failed: "bad",
  killed: "warn",
  preempted: "warn",
  stopped: "warn",
};

/** The state of a run, sweep, job or cycle; the word says it, the colour repeats it. */
export function StateBadge({ state }: { state: string }) {
  return (
    <Badge tone={tones[state.toLowerCase()] ?? "plain"} hasDot>
      {state.toLowerCase()}
    </Badge>
  );
}
