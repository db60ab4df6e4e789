// Nested values as lines with dotted names, and two of them side by side.

/** Lists stay whole, and what `isWhole` says. In the order of names. */
export function flatten(
  value: unknown,
  prefix = "",
  isWhole: (value: object) => boolean = Array.isArray,
): [string, unknown][] {
  if (value === null || typeof value !== "object" || isWhole(value))
    return prefix === "" ? [] : [[prefix, value]];
  const entries = Object.entries(value);
  if (entries.length === 0) return prefix === "" ? [] : [[prefix, {}]];
  return entries
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([name, inner]) => flatten(inner, prefix === "" ? name : `${prefix}.${name}`, isWhole));
}

export interface Difference {
  name: string;
  left: unknown;
  right: unknown;
  kind: "same" | "changed" | "left only" | "right only";
}

export function differencesOf(left: unknown, right: unknown): Difference[] {
  const [a, b] = [new Map(flatten(left)), new Map(flatten(right))];
  return [...new Set([...a.keys(), ...b.keys()])].sort().map((name) => ({
    name,
    left: a.get(name),
    right: b.get(name),
    kind: !b.has(name)
      ? "left only"
      : !a.has(name)
        ? "right only"
        : JSON.stringify(a.get(name)) === JSON.stringify(b.get(name))
          ? "same"
          : "changed",
  }));
}
