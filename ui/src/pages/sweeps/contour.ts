// The metric over two parameters: exact means of the trials in each cell, nothing between them made up.
import { shareOf, unitsAt, unitsOf, type Axis } from "./axes";
import type { Trial } from "./trials";

export interface Cell {
  /** Edges in the units of the axes. */
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  mean: number;
  best: number;
  trials: Trial[];
}

/** So many cells along an axis that each holds a few trials; categories have one each. */
export function binsOf(axis: Axis, trialCount: number): number {
  if (axis.categories !== null) return Math.max(1, axis.categories.length);
  return Math.max(3, Math.min(16, Math.round(Math.sqrt(trialCount / 3))));
}

/** Cells with trials only; a trial without a finite metric or without one of the parameters is in none. */
export function cellsOf(trials: Trial[], x: Axis, y: Axis, isMaximized: boolean): Cell[] {
  const [across, up] = [binsOf(x, trials.length), binsOf(y, trials.length)];
  const members = new Map<number, Trial[]>();
  for (const trial of trials) {
    const [unitsX, unitsY] = [unitsOf(x, trial), unitsOf(y, trial)];
    if (unitsX === null || unitsY === null || trial.value === null || !Number.isFinite(trial.value)) continue;
    const key = binAt(shareOf(x, unitsX), across) + across * binAt(shareOf(y, unitsY), up);
    members.set(key, [...(members.get(key) ?? []), trial]);
  }
  return [...members].map(([key, inside]) => {
    const [column, row] = [key % across, Math.floor(key / across)];
    const values = inside.map((trial) => trial.value ?? NaN);
    const [x0, x1] = edges(x, column, across);
    const [y0, y1] = edges(y, row, up);
    return {
      x0,
      x1,
      y0,
      y1,
      mean: values.reduce((sum, value) => sum + value, 0) / values.length,
      best: isMaximized ? Math.max(...values) : Math.min(...values),
      trials: inside,
    };
  });
}

const binAt = (share: number, bins: number) => Math.max(0, Math.min(bins - 1, Math.floor(share * bins)));

function edges(axis: Axis, bin: number, bins: number): [number, number] {
  const [a, b] = [unitsAt(axis, bin / bins), unitsAt(axis, (bin + 1) / bins)];
  return a <= b ? [a, b] : [b, a];
}
