// Short labels of axes: as many decimals as the spacing needs.
import { formatDuration } from "@/shared/format";
import type { XKind } from "./series";

export function axisFormat(kind: Exclude<XKind, "time">) {
  return (
    _: unknown,
    splits: (number | null)[],
    _axis?: unknown,
    _space?: unknown,
    spacing?: number,
  ): string[] =>
    splits.map((split) => {
      if (split === null) return "";
      return kind === "duration" ? formatDuration(split) : formatTick(split, spacing ?? 0);
    });
}

export function formatTick(value: number, spacing: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const sign = value < 0 ? "−" : "";
  const step = spacing > 0 ? spacing : size;
  for (const [unit, letter] of units) {
    if (size >= 10 * unit || (size >= unit && unit > 1e3))
      return `${sign}${trim((size / unit).toFixed(decimals(step / unit)))}${letter}`;
  }
  if (size < 1e-3 || size >= 1e15) {
    const [digits = "", exponent = ""] = size.toExponential(decimals(step / size)).split("e");
    return `${sign}${trim(digits)}e${exponent.replace("+", "").replace("-", "−")}`;
  }
  return `${sign}${trim(size.toFixed(decimals(step)))}`;
}

const units: [number, string][] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];

/** So many that the step itself is exact: 0.25 needs two. */
function decimals(step: number): number {
  let count = Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9)));
  const scaled = step * 10 ** count;
  if (count < 8 && Math.abs(scaled - Math.round(scaled)) > 1e-6) count += 1;
  return count;
}

const trim = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);

/** Round places of an axis, about `wanted` of them; powers of ten on a log axis. */
export function ticksOf(min: number, max: number, isLog: boolean, wanted: number): number[] {
  if (isLog) {
    const [low, high] = [Math.ceil(Math.log10(min)), Math.floor(Math.log10(max))];
    if (high > low) return Array.from({ length: high - low + 1 }, (_, at) => 10 ** (low + at));
  }
  const raw = (max - min) / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= raw) ?? raw;
  const first = Math.ceil(min / step);
  return Array.from({ length: Math.floor(max / step) - first + 1 }, (_, at) => (first + at) * step);
}
