// Brushes: a stretch of one axis that trials have to lie in. Several hold together.
import type { Codec } from "@/shared/viewState";
import { unitsOf, type Axis } from "./axes";
import type { Trial } from "./trials";

/** In the units of its axis: values, or places of categories. */
export interface Brush {
  axis: string;
  min: number;
  max: number;
}

/** In the address each is `NAME~MIN~MAX`; names may hold tildes. */
export const brushCodec: Codec<Brush[]> = {
  decode: (values) => values.flatMap((value) => brushOf(value) ?? []),
  encode: (brushes) => brushes.map(({ axis, min, max }) => `${axis}~${rounded(min)}~${rounded(max)}`),
};

function brushOf(text: string): Brush | null {
  const found = /^(.*)~([^~]+)~([^~]+)$/su.exec(text);
  const [min, max] = [Number(found?.[2]), Number(found?.[3])];
  if (!found || !Number.isFinite(min) || !Number.isFinite(max) || min > max) return null;
  return { axis: found[1] ?? "", min, max };
}

// Seven digits are finer than a pixel and keep addresses short.
const rounded = (value: number) => Number(value.toPrecision(7));

/** Without brushes all trials; what has no place on a brushed axis is outside. */
export function withinAll(trials: Trial[], axes: Axis[], brushes: Brush[]): Trial[] {
  const held = brushes.flatMap((brush) => {
    const axis = axes.find((one) => one.id === brush.axis);
    return axis ? [{ brush, axis }] : [];
  });
  if (held.length === 0) return trials;
  return trials.filter((trial) =>
    held.every(({ brush, axis }) => {
      const units = unitsOf(axis, trial);
      return units !== null && units >= brush.min && units <= brush.max;
    }),
  );
}

export function withBrush(brushes: Brush[], brush: Brush): Brush[] {
  return [...brushes.filter((one) => one.axis !== brush.axis), brush];
}

export const withoutBrush = (brushes: Brush[], axis: string) => brushes.filter((one) => one.axis !== axis);

export type Grip = "new" | "move" | "min" | "max";

/** What a press means: an edge of the brush that is there, the brush itself, or a new one. All in shares of the axis. */
export function gripOf(at: number, brush: { min: number; max: number } | null, nearShare: number): Grip {
  if (brush === null) return "new";
  if (Math.abs(at - brush.max) <= nearShare) return "max";
  if (Math.abs(at - brush.min) <= nearShare) return "min";
  return at > brush.min && at < brush.max ? "move" : "new";
}

/** The stretch, in shares, after a drag from `from` to `to`. */
export function dragged(
  grip: Grip,
  before: { min: number; max: number } | null,
  from: number,
  to: number,
): { min: number; max: number } {
  const start = before ?? { min: from, max: from };
  if (grip === "move") {
    const by = Math.max(-start.min, Math.min(1 - start.max, to - from));
    return { min: start.min + by, max: start.max + by };
  }
  const fixed = grip === "new" ? from : grip === "min" ? start.max : start.min;
  const [a, b] = [bounded(fixed), bounded(to)];
  return { min: Math.min(a, b), max: Math.max(a, b) };
}

const bounded = (share: number) => Math.max(0, Math.min(1, share));
