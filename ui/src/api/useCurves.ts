// Curves for a chart: which runs, which metric, against which x, in which stretch.
import { useMemo, useSyncExternalStore } from "react";
import type { ChartRange, ChartSeries, XKind } from "@/shared/chart/series";
import { lowerBound } from "@/shared/chart/series";
import { CurveCache, type Curve, type StepRange, type Stretch } from "./curves";
import type { ProjectRef } from "./types";
import { useLive } from "./useLive";

/** A line: a run's curve of the chart's metric, or of its own where a chart shows several. */
export interface CurveLine {
  run: string;
  label: string;
  colour: string;
  metric?: string;
}

export interface CurvesWanted {
  at: ProjectRef;
  runs: readonly CurveLine[];
  metric: string;
  /** Null for the step. */
  xMetric: string | null;
  zoom: ChartRange | null;
  buckets: number;
}

export interface CurvesFound {
  series: ChartSeries[];
  isLoading: boolean;
  error: unknown;
}

// Fast buckets over steps serve these: within a bucket they grow. All others are bucketed over their own values.
const growsWithStep = new Set(["_runtime", "_timestamp"]);
const caches = new Map<string, CurveCache>();

export function curvesOf(at: ProjectRef): CurveCache {
  const key = `${at.entity}/${at.project}`;
  const known = caches.get(key);
  if (known) return known;
  const cache = new CurveCache(at);
  caches.set(key, cache);
  return cache;
}

/** Keeps the curves of a project up to date; once on a page that shows any. */
export function useLiveCurves(at: ProjectRef): void {
  useLive((batch) => {
    const cache = curvesOf(at);
    if (!batch.isComplete) cache.refetch(null);
    for (const event of batch.events) {
      if (event.entity !== at.entity || event.project !== at.project) continue;
      if (event.kind === "lines" && event.stream !== "console") cache.grow(event.run);
      if (event.kind === "run_deleted") cache.refetch(event.run);
    }
  });
}

export function useCurves({ at, runs, metric, xMetric, zoom, buckets }: CurvesWanted): CurvesFound {
  const cache = curvesOf(at);
  const alignedTo = xMetric !== null && growsWithStep.has(xMetric) ? xMetric : null;
  const xKey = alignedTo === null ? xMetric : null;
  const version = useSyncExternalStore(cache.subscribe, () =>
    metricsOf(runs, metric).reduce((sum, of) => sum + cache.versionOf(of), cache.versionOf(alignedTo)),
  );
  return useMemo(() => {
    const found: CurvesFound = { series: [], isLoading: false, error: null };
    const stretchOf = (of: string, range: StepRange | null) =>
      cache.stretch({ metric: of, xMetric: of === alignedTo ? null : xKey, range, buckets });
    const near = new Map<string, Stretch>();
    const nearOf = (of: string, range: StepRange) => {
      const key = `${of}\n${range.min}~${range.max}`;
      const known = near.get(key) ?? stretchOf(of, range);
      near.set(key, known);
      return known;
    };
    const wholes = new Map(metricsOf(runs, metric).map((of) => [of, stretchOf(of, null)]));
    const wholeXs = alignedTo === null ? null : stretchOf(alignedTo, null);
    for (const { run, label, colour, metric: own } of runs) {
      const wanted = own ?? metric;
      const whole = cache.get(wholes.get(wanted) ?? stretchOf(wanted, null), run);
      const wholeX = wholeXs && cache.get(wholeXs, run);
      found.error ??= whole.error ?? wholeX?.error ?? null;
      const range = stepsOf(
        zoom,
        xMetric === null ? null : (wholeX ?? whole).curve,
        wholeX !== null,
        xMetric,
      );
      const exact = range && cache.get(nearOf(wanted, range), run);
      const exactX = range && alignedTo !== null ? cache.get(nearOf(alignedTo, range), run) : null;
      // Coarser buckets of the whole stand in until the exact ones of the range are there.
      const isExact = exact?.curve != null && (alignedTo === null || exactX?.curve != null);
      const curve = isExact ? exact.curve : whole.curve;
      const x = alignedTo === null ? null : ((isExact ? exactX : wholeX)?.curve ?? null);
      const isMissing = curve === null || (alignedTo !== null && x === null);
      if (isMissing || (range !== null && !isExact)) found.isLoading ||= found.error === null;
      if (isMissing || curve.last.length === 0) continue;
      const id = own === undefined ? run : `${run}/${own}`;
      found.series.push(seriesOf(curve, x, id, label, colour));
    }
    return found;
    // `version` stands for what the cache holds.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [cache, version, runs, metric, alignedTo, xKey, zoom?.min, zoom?.max, buckets]);
}

const metricsOf = (runs: readonly CurveLine[], metric: string): string[] => [
  ...new Set(runs.length === 0 ? [metric] : runs.map((line) => line.metric ?? metric)),
];

const made = new WeakMap<Curve, { x: Curve | null; series: ChartSeries }>();

/** The same object as long as nothing of it changes, so that nobody below works on it again. */
function seriesOf(curve: Curve, x: Curve | null, id: string, label: string, colour: string): ChartSeries {
  const known = made.get(curve);
  if (known?.x === x && known.series.label === label && known.series.colour === colour) return known.series;
  const { min, max, last } = curve;
  const series = { id, label, colour, x: xOf(curve, x), min, max, last };
  made.set(curve, { x, series });
  return series;
}

/** The steps that a stretch of x means. Rounded outwards a little, so that small moves hit the cache. */
function stepsOf(
  zoom: ChartRange | null,
  x: Curve | null,
  isAligned: boolean,
  xMetric: string | null,
): StepRange | null {
  if (zoom === null) return null;
  if (xMetric === null) return { min: Math.floor(zoom.min), max: Math.ceil(zoom.max) };
  const values = isAligned ? x?.last : x?.x;
  if (!x || values === undefined || values.length === 0) return null;
  const first = Math.max(0, lowerBound(values, zoom.min) - 1);
  const last = Math.min(values.length - 1, lowerBound(values, zoom.max) + 1);
  if (isAligned) return { min: x.firstSteps[first] ?? 0, max: x.lastSteps[last] ?? 0 };
  // Another metric may come back to the same values: every step at which it was in the stretch.
  return {
    min: x.firstSteps.subarray(first, last + 1).reduce((a, b) => Math.min(a, b), Infinity),
    max: x.lastSteps.subarray(first, last + 1).reduce((a, b) => Math.max(a, b), 0),
  };
}

/** The x of each bucket: its own, or the value that what grows with the step had at its last one. */
export function xOf(curve: Curve, x: Curve | null): Float64Array {
  if (x === null) return curve.x;
  let at = 0;
  return curve.lastSteps.map((step) => {
    while (at < x.lastSteps.length - 1 && (x.lastSteps[at] ?? 0) < step) at += 1;
    return x.last[at] ?? NaN;
  });
}

export const xMetricOf = (x: string): { metric: string | null; kind: XKind; label: string } => {
  if (x === "step") return { metric: null, kind: "number", label: "step" };
  if (x === "runtime") return { metric: "_runtime", kind: "duration", label: "time" };
  if (x === "time") return { metric: "_timestamp", kind: "time", label: "" };
  return { metric: x, kind: "number", label: x };
};
