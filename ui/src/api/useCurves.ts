// Curves for a chart: which runs, which metric, against which x, in which stretch.
import { useMemo, useSyncExternalStore } from "react";
import type { ChartRange, ChartSeries, XKind } from "@/shared/chart/series";
import { lowerBound } from "@/shared/chart/series";
import { CurveCache, type Curve, type StepRange } from "./curves";
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
  /** Null for the step; else a metric that grows with it, such as `_runtime`. */
  xMetric: string | null;
  zoom: ChartRange | null;
  buckets: number;
}

export interface CurvesFound {
  series: ChartSeries[];
  isLoading: boolean;
  error: unknown;
}

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
  const version = useSyncExternalStore(cache.subscribe, () => cache.version);
  return useMemo(() => {
    const found: CurvesFound = { series: [], isLoading: false, error: null };
    for (const { run, label, colour, metric: own } of runs) {
      const wanted = own ?? metric;
      const whole = cache.get({ run, metric: wanted, range: null, buckets });
      const wholeX = xMetric === null ? null : cache.get({ run, metric: xMetric, range: null, buckets });
      found.error ??= whole.error ?? wholeX?.error ?? null;
      const range = stepsOf(zoom, wholeX?.curve ?? null, xMetric);
      const near = range === null ? null : cache.get({ run, metric: wanted, range, buckets });
      const nearX =
        range === null || xMetric === null ? null : cache.get({ run, metric: xMetric, range, buckets });
      // Coarser buckets of the whole stand in until the exact ones of the range are there.
      const isNear = near?.curve != null && (xMetric === null || nearX?.curve != null);
      const curve = isNear ? near.curve : whole.curve;
      const x = xMetric === null ? null : isNear ? (nearX?.curve ?? null) : (wholeX?.curve ?? null);
      if (curve === null || (xMetric !== null && x === null) || (range !== null && !isNear)) {
        found.isLoading ||= found.error === null;
      }
      if (curve !== null && curve.last.length > 0 && (xMetric === null || x !== null)) {
        const { min, max, last } = curve;
        found.series.push({
          id: own === undefined ? run : `${run}/${own}`,
          label,
          colour,
          x: xOf(curve, x),
          min,
          max,
          last,
        });
      }
    }
    return found;
    // `version` stands for what the cache holds.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [cache, version, runs, metric, xMetric, zoom, buckets]);
}

/** The steps that a stretch of x means. Rounded outwards a little, so that small moves hit the cache. */
function stepsOf(zoom: ChartRange | null, x: Curve | null, xMetric: string | null): StepRange | null {
  if (zoom === null) return null;
  if (xMetric === null) return { min: Math.floor(zoom.min), max: Math.ceil(zoom.max) };
  if (x === null || x.last.length === 0) return null;
  const first = Math.max(0, lowerBound(x.last, zoom.min) - 1);
  const last = Math.min(x.last.length - 1, lowerBound(x.last, zoom.max) + 1);
  return { min: x.firstSteps[first] ?? 0, max: x.lastSteps[last] ?? 0 };
}

/** The x of each bucket: its last step, or the value that x had there. */
export function xOf(curve: Curve, x: Curve | null): Float64Array {
  if (x === null) return curve.lastSteps;
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
