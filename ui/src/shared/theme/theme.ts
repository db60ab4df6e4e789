// Dark or light, by the system or by choice. Canvas charts ask `themeStore` so that they redraw in its colours.

export type ThemeChoice = "system" | "light" | "dark";

const name = "gradus.theme";
const listeners = new Set<() => void>();
const system = typeof matchMedia === "undefined" ? null : matchMedia("(prefers-color-scheme: dark)");
system?.addEventListener("change", notify);

export function themeChoice(): ThemeChoice {
  const choice = typeof document === "undefined" ? undefined : document.documentElement.dataset["theme"];
  return choice === "dark" || choice === "light" ? choice : "system";
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = choice;
  try {
    if (choice === "system") localStorage.removeItem(name);
    else localStorage.setItem(name, choice);
  } catch {
    // Storage can be forbidden; the choice then holds for this page.
  }
  notify();
}

export function isDark(): boolean {
  const choice = themeChoice();
  return choice === "system" ? (system?.matches ?? false) : choice === "dark";
}

export const themeStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  get: isDark,
};

/** The colour that a CSS variable has now, for canvas. */
export function cssColour(variable: string): string {
  return colourOf(getComputedStyle(document.documentElement).getPropertyValue(variable), isDark());
}

/** One of the two of `light-dark(#…, #…)`: a variable keeps the words, and canvas wants the colour. */
export function colourOf(value: string, isDark: boolean): string {
  const [, light, dark] = /^\s*light-dark\(([^,]+),([^)]+)\)\s*$/.exec(value) ?? [];
  return ((isDark ? dark : light) ?? value).trim();
}

function notify(): void {
  for (const listener of listeners) listener();
}
