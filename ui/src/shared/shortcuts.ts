// Keys: one key ("/"), two in a row ("g h"), or with Ctrl or Cmd ("mod k"). Whoever shows something registers
// its keys while it is there; "?" lists all that hold now. Keys typed into fields are the field's.
import { useEffect, useSyncExternalStore } from "react";
import { useLatest } from "@/shared/useLatest";

export interface Shortcut {
  keys: string;
  /** What it does, as the list of keys says it. */
  says: string;
  run: () => void;
  /** Also while typing into a field. */
  isGlobal?: boolean;
}

const pairMs = 900;
const listeners = new Set<() => void>();
let shortcuts: Shortcut[] = [];
let first: { key: string; atMs: number } | null = null;

/** Registers while the component is there. A later registration of the same keys wins. */
export function useShortcuts(wanted: Shortcut[]): void {
  const latest = useLatest(wanted);
  const signature = wanted.map((shortcut) => `${shortcut.keys}\n${shortcut.says}`).join("\n");
  useEffect(() => {
    const registered = latest.current.map((shortcut) => ({
      ...shortcut,
      run: () => latest.current.find((one) => one.keys === shortcut.keys)?.run(),
    }));
    change([...registered, ...shortcuts]);
    return () => change(shortcuts.filter((shortcut) => !registered.includes(shortcut)));
  }, [signature, latest]);
}

export function useShortcutList(): Shortcut[] {
  return useSyncExternalStore(subscribe, () => shortcuts);
}

export function listenForShortcuts(): () => void {
  window.addEventListener("keydown", onKeyDown);
  return () => window.removeEventListener("keydown", onKeyDown);
}

function onKeyDown(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  const isTyping = isField(event.target) || document.querySelector("dialog[open]") !== null;
  if (event.key === "Enter" && actsOnEnter(event.target)) return;
  const pressed = (event.ctrlKey || event.metaKey ? "mod " : "") + event.key.toLowerCase();
  const pair = first !== null && event.timeStamp - first.atMs < pairMs ? `${first.key} ${pressed}` : null;
  first = null;
  const found =
    shortcuts.find((shortcut) => shortcut.keys === pair && !isTyping) ??
    shortcuts.find((shortcut) => shortcut.keys === pressed && (!isTyping || shortcut.isGlobal === true));
  if (found) {
    event.preventDefault();
    found.run();
  } else if (!isTyping && shortcuts.some((shortcut) => shortcut.keys.startsWith(`${pressed} `))) {
    first = { key: pressed, atMs: event.timeStamp };
  }
}

/** What has the focus does its own thing with Enter. */
const actsOnEnter = (target: EventTarget | null) =>
  target instanceof Element && target.closest("a, button, summary, select, input, [role=grid]") !== null;

function isField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "range", "button"].includes(target.type);
  return (
    target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  );
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function change(next: Shortcut[]): void {
  shortcuts = next;
  for (const listener of listeners) listener();
}
