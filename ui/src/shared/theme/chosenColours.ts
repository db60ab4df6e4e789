// Colours that a person gave: places of the palette by id, kept in this browser for each scope (a project). Places, not
// colours: so what was chosen in the light is as well told apart in the dark.
import { useSyncExternalStore } from "react";
import { paletteSize } from "./palette";

const storeName = "gradus.colours.";
const listeners = new Set<() => void>();
const read = new Map<string, ReadonlyMap<string, number>>();

export function useChosenColours(scope: string): ReadonlyMap<string, number> {
  return useSyncExternalStore(subscribe, () => chosenColours(scope));
}

export function chosenColours(scope: string): ReadonlyMap<string, number> {
  const known = read.get(scope);
  if (known) return known;
  const found = parseColours(localStorage.getItem(storeName + scope));
  read.set(scope, found);
  return found;
}

/** null: the colour is given by the page again. */
export function chooseColour(scope: string, ids: readonly string[], place: number | null): void {
  const next = new Map(chosenColours(scope));
  for (const id of ids) {
    if (place === null) next.delete(id);
    else next.set(id, place);
  }
  read.set(scope, next);
  if (next.size === 0) localStorage.removeItem(storeName + scope);
  else localStorage.setItem(storeName + scope, JSON.stringify([...next]));
  for (const listener of listeners) listener();
}

/** Nonsense in the store is no choice. */
export function parseColours(text: string | null): Map<string, number> {
  const found = new Map<string, number>();
  let parsed: unknown = null;
  try {
    parsed = JSON.parse(text ?? "[]");
  } catch {
    return found;
  }
  for (const entry of Array.isArray(parsed) ? (parsed as unknown[]) : []) {
    const [id, place] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (
      typeof id === "string" &&
      Number.isInteger(place) &&
      Number(place) >= 0 &&
      Number(place) < paletteSize
    )
      found.set(id, Number(place));
  }
  return found;
}

function subscribe(listener: () => void): () => void {
  const onStorage = (event: StorageEvent) => {
    if (event.key !== null && !event.key.startsWith(storeName)) return;
    read.clear();
    listener();
  };
  listeners.add(listener);
  window.addEventListener("storage", onStorage);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", onStorage);
  };
}
