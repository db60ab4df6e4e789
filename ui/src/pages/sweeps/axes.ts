// Axes of parallel coordinates: where a value lies on one, and what lies where a person points.
import { formatNumber, formatValue, numberOf } from "@/shared/format";
import type { Trial } from "./trials";

/** The axis of the metric; parameters have their own names. */
export const metricAxis = "=metric";

export interface Axis {
  id: string;
  label: string;
  /** Given where values are no numbers: each has a place from 0 on. */
  categories: string[] | null;
  /** In units: values, or places of categories, half a place of room on either side. */
  min: number;
  max: number;
  isLog: boolean;
  canBeLog: boolean;
  isReversed: boolean;
}

export interface AxisChoices {
  log: readonly string[];
  linear: readonly string[];
  reversed: readonly string[];
}

// Values over two powers of ten that crowd at the low end were most likely drawn from a log distribution.
const logRatio = 100;
const crowdedShare = 0.15;

export function axisOf(trials: Trial[], id: string, label: string, choices: AxisChoices): Axis {
  const values = trials
    .map((trial) => rawOf(trial, id))
    .filter((value) => value !== undefined && value !== null);
  const isReversed = choices.reversed.includes(id);
  const isNumber = values.every(
    (value) => typeof value === "number" || (id === metricAxis && value !== null),
  );
  if (!isNumber) {
    const categories = [...new Set(values.map(formatValue))].sort((a, b) =>
      a.localeCompare(b, "en", { numeric: true }),
    );
    return {
      id,
      label,
      categories,
      min: -0.5,
      max: categories.length - 0.5,
      isLog: false,
      canBeLog: false,
      isReversed,
    };
  }
  let [min, max] = [Infinity, -Infinity];
  for (const value of values as number[]) {
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (!(min <= max)) [min, max] = [0, 1];
  const canBeLog = min > 0;
  const isLog =
    canBeLog &&
    (choices.log.includes(id) ||
      (id !== metricAxis && !choices.linear.includes(id) && isCrowdedLow(values as number[], min, max)));
  if (min === max)
    [min, max] = isLog
      ? [min / 2, max * 2]
      : [min - (Math.abs(min) / 2 || 0.5), max + (Math.abs(max) / 2 || 0.5)];
  return { id, label, categories: null, min, max, isLog, canBeLog, isReversed };
}

function isCrowdedLow(values: number[], min: number, max: number): boolean {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? max;
  return max / min >= logRatio && (median - min) / (max - min) < crowdedShare;
}

export function rawOf(trial: Trial, id: string): unknown {
  return id === metricAxis ? trial.value : trial.parameters[id];
}

/** Where a trial lies in the axis' units; null where it has no place: no value, NaN, infinite. */
export function unitsOf(axis: Axis, trial: Trial): number | null {
  const raw = rawOf(trial, axis.id);
  if (raw === undefined || raw === null) return null;
  if (axis.categories !== null) {
    const place = axis.categories.indexOf(formatValue(raw));
    return place < 0 ? null : place;
  }
  const value = numberOf(raw);
  return value !== null && Number.isFinite(value) ? value : null;
}

/** 0 at the lower end of the drawn axis, 1 at the upper. */
export function shareOf(axis: Axis, units: number): number {
  const { min, max } = axis;
  const share = axis.isLog ? Math.log(units / min) / Math.log(max / min) : (units - min) / (max - min);
  return axis.isReversed ? 1 - share : share;
}

export function unitsAt(axis: Axis, share: number): number {
  const at = axis.isReversed ? 1 - share : share;
  return axis.isLog ? axis.min * (axis.max / axis.min) ** at : axis.min + at * (axis.max - axis.min);
}

export function textOf(axis: Axis, units: number | null): string {
  if (units === null) return "none";
  return axis.categories === null ? formatNumber(units) : (axis.categories[Math.round(units)] ?? "none");
}

/** The wanted order, with what it does not name at its end. */
export function ordered(ids: string[], wanted: readonly string[]): string[] {
  const known = wanted.filter((id) => ids.includes(id));
  return [...known, ...ids.filter((id) => !known.includes(id))];
}

/** `id` taken out and put in again before the place it is dropped at. */
export function moved(ids: string[], id: string, place: number): string[] {
  const from = ids.indexOf(id);
  if (from < 0) return ids;
  const rest = ids.filter((one) => one !== id);
  rest.splice(Math.max(0, Math.min(rest.length, place)), 0, id);
  return rest;
}
