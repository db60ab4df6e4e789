// The person's key: kept for this tab, or for this browser by choice; and whether the server asks for one.

const name = "gradus.key";
const listeners = new Set<() => void>();
let isWanted = false;

export function storedKey(): string | null {
  try {
    return sessionStorage.getItem(name) ?? localStorage.getItem(name);
  } catch {
    return null;
  }
}

/** `isKept`: also after the browser was closed. */
export function storeKey(key: string, isKept: boolean): void {
  forgetKey();
  (isKept ? localStorage : sessionStorage).setItem(name, key);
  setKeyWanted(false);
}

export function forgetKey(): void {
  sessionStorage.removeItem(name);
  localStorage.removeItem(name);
}

/** The server answered 401: the page asks for a key. */
export function setKeyWanted(wanted: boolean): void {
  if (isWanted === wanted) return;
  isWanted = wanted;
  for (const listener of listeners) listener();
}

export const keyWanted = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: () => isWanted,
};
