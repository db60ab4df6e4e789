// What may be made of a search in each of its states, and what that means for agents and trials.
import type { SweepState } from "@/api/sweeps";

export interface SweepChange {
  state: SweepState;
  label: string;
  /** Null where nothing is lost by it. */
  question: { title: string; text: string; yes: string } | null;
  /** Told when it is done. */
  done: string;
}

const pause: SweepChange = {
  state: "PAUSED",
  label: "Pause",
  question: null,
  done: "Paused: agents wait, trials that run go on.",
};
const resume: SweepChange = {
  state: "RUNNING",
  label: "Resume",
  question: null,
  done: "Agents get trials again.",
};
const runAgain: SweepChange = {
  ...resume,
  label: "Run again",
  done: "It gives out trials again; agents that ended have to be started anew.",
};
const end: SweepChange = {
  state: "FINISHED",
  label: "End",
  question: {
    title: "End this sweep?",
    text: "No trial begins any more. Those that run go on to their end, then the agents end.",
    yes: "End it",
  },
  done: "Ended: no trial begins any more.",
};
const cancel: SweepChange = {
  state: "CANCELED",
  label: "Cancel",
  question: {
    title: "Cancel this sweep?",
    text: "Agents end, and the trials that run are interrupted with them. What was logged stays.",
    yes: "Cancel it",
  },
  done: "Cancelled: agents and their trials end.",
};

export function changesFor(state: string): SweepChange[] {
  switch (state.toUpperCase()) {
    case "RUNNING":
    case "PENDING":
      return [pause, end, cancel];
    case "PAUSED":
      return [resume, end, cancel];
    default:
      return [runAgain];
  }
}
