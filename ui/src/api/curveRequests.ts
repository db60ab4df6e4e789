// Which curves go in one request: those of one stretch, whole runs × metrics only, small enough that what is
// seen first is answered first.
import { tailOf, type Entry } from "./curves";

/** What `POST …/buckets` is asked. */
export interface BucketsBody {
  runs: string[];
  keys: string[];
  buckets: number;
  x_key?: string;
  min_step?: number;
  max_step?: number;
}

const runsPerRequest = 500;
const metricsPerRequest = 100;
const bucketsPerRequest = 125_000;

export function requestsOf(entries: Entry[]): Entry[][] {
  const stretches = new Map<string, Map<string, Entry[]>>();
  for (const entry of entries) {
    const { metric, xMetric, range, buckets } = entry.stretch.want;
    const key = `${range?.min}~${range?.max}~${buckets}~${tailOf(entry)}~${xMetric}`;
    const metrics = stretches.get(key) ?? new Map<string, Entry[]>();
    stretches.set(key, metrics);
    const ofMetric = metrics.get(metric);
    if (ofMetric) ofMetric.push(entry);
    else metrics.set(metric, [entry]);
  }
  return [...stretches.values()].flatMap((metrics) => {
    const sameRuns = new Map<string, Entry[][]>();
    for (const ofMetric of metrics.values()) {
      const runs = ofMetric.map((entry) => entry.run).join("\n");
      sameRuns.set(runs, [...(sameRuns.get(runs) ?? []), ofMetric]);
    }
    return [...sameRuns.values()].flatMap(piecesOf);
  });
}

function piecesOf(metrics: Entry[][]): Entry[][] {
  const runs = metrics[0]?.length ?? 0;
  const buckets = metrics[0]?.[0]?.stretch.want.buckets ?? 1;
  const width = Math.min(runs, runsPerRequest, Math.max(1, Math.floor(bucketsPerRequest / buckets)));
  const height = Math.max(1, Math.min(metricsPerRequest, Math.floor(bucketsPerRequest / (buckets * width))));
  const pieces: Entry[][] = [];
  for (let m = 0; m < metrics.length; m += height) {
    for (let r = 0; r < runs; r += width)
      pieces.push(metrics.slice(m, m + height).flatMap((ofMetric) => ofMetric.slice(r, r + width)));
  }
  return pieces;
}
