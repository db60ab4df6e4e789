// Undo and redo of a text: each change is a step, typing without a pause in the same field is one.

export interface History {
  past: string[];
  present: string;
  future: string[];
  /** What the last change was part of; null begins a step of its own. */
  of: string | null;
}

const keptSteps = 300;

export const historyOf = (present: string): History => ({ past: [], present, future: [], of: null });

export function changed(history: History, next: string, of: string | null = null): History {
  if (next === history.present) return history;
  const isSame = of !== null && of === history.of;
  return {
    past: isSame ? history.past : [...history.past, history.present].slice(-keptSteps),
    present: next,
    future: [],
    of,
  };
}

export function undone(history: History): History {
  const before = history.past.at(-1);
  if (before === undefined) return history;
  return {
    past: history.past.slice(0, -1),
    present: before,
    future: [history.present, ...history.future],
    of: null,
  };
}

export function redone(history: History): History {
  const [after, ...rest] = history.future;
  if (after === undefined) return history;
  return { past: [...history.past, history.present], present: after, future: rest, of: null };
}
