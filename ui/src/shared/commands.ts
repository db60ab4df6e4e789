// What the command palette offers: pages register commands while they are shown.
import { useEffect, useSyncExternalStore } from "react";
import { useLatest } from "@/shared/useLatest";

export interface Command {
  id: string;
  /** "Go to", "This run", … */
  group: string;
  label: string;
  run: () => void;
}

const listeners = new Set<() => void>();
let commands: Command[] = [];

/** Offers commands while the component is there. */
export function useCommands(wanted: Command[]): void {
  const latest = useLatest(wanted);
  const signature = wanted.map((command) => `${command.id}\n${command.label}`).join("\n");
  useEffect(() => {
    const offered = latest.current.map((command) => ({
      ...command,
      run: () => latest.current.find((one) => one.id === command.id)?.run(),
    }));
    change([...offered, ...commands]);
    return () => change(commands.filter((command) => !offered.includes(command)));
  }, [signature, latest]);
}

export function useCommandList(): Command[] {
  return useSyncExternalStore(subscribe, () => commands);
}

/** Commands whose label holds all words, best first: those that start with the text, then in the given order. */
export function matching<T extends { label: string }>(all: T[], wanted: string): T[] {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return all;
  const found = all.filter((one) => words.every((word) => one.label.toLowerCase().includes(word)));
  const starts = (one: T) => (one.label.toLowerCase().startsWith(words.join(" ")) ? 0 : 1);
  return found.sort((a, b) => starts(a) - starts(b));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: Command[]): void {
  commands = next;
  for (const listener of listeners) listener();
}
