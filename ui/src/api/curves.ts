// Curves of metrics: exact buckets, kept per run, metric and stretch of steps, so that showing one more run
// fetches that run alone. What is asked for in one tick goes in as few requests as possible; answers of many
// runs come in pieces, the first after a fraction of the whole.
import { call } from "./client";
import type { BucketSeries, ProjectRef } from "./types";
import { numberOf } from "@/shared/format";

/** One metric of one run in buckets; a place in each list is a bucket. */
export interface Curve {
  firstSteps: Float64Array;
  lastSteps: Float64Array;
  min: Float64Array;
  max: Float64Array;
  last: Float64Array;
}

/** Steps, both inclusive; null is all of them. */
export interface StepRange {
  min: number;
  max: number;
}

export interface CurveWant {
  run: string;
  metric: string;
  range: StepRange | null;
  buckets: number;
}

interface Entry {
  want: CurveWant;
  curve: Curve | null;
  isAsked: boolean;
  isStale: boolean;
  /** Fetched from its beginning next time, not only where it goes on. */
  isWhole: boolean;
  error: unknown;
  usedAt: number;
}

const runsPerRequest = 25;
const metricsPerRequest = 40;
const requestsAtOnce = 3;
const keptEntries = 6000;

export class CurveCache {
  private readonly entries = new Map<string, Entry>();
  private readonly listeners = new Set<() => void>();
  private queue: Entry[][] = [];
  private pending: Entry[] = [];
  private running = 0;
  private clock = 0;
  version = 0;

  constructor(
    private readonly at: ProjectRef,
    private readonly ask: typeof askBuckets = askBuckets,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What is known of it now; asks for it where it is not there or old. */
  get(want: CurveWant): Entry {
    const key = keyOf(want);
    let entry = this.entries.get(key);
    if (!entry) {
      entry = { want, curve: null, isAsked: false, isStale: false, isWhole: false, error: null, usedAt: 0 };
      this.entries.set(key, entry);
      this.forgetOldest();
    }
    entry.usedAt = ++this.clock;
    if (!entry.isAsked && (entry.curve === null || entry.isStale) && entry.error === null)
      this.queueUp(entry);
    return entry;
  }

  peek(want: CurveWant): Curve | null {
    return this.entries.get(keyOf(want))?.curve ?? null;
  }

  /** Rows were added to a run: what is shown of it goes on where it ended. */
  grow(run: string): void {
    for (const entry of this.entries.values()) if (entry.want.run === run) entry.isStale = true;
    this.notify();
  }

  /** Events were lost or a run was begun anew: all of it is fetched again, what is there stays till then. */
  refetch(run: string | null): void {
    for (const entry of this.entries.values()) {
      if (run !== null && entry.want.run !== run) continue;
      entry.isStale = true;
      entry.error = null;
      entry.isWhole = true;
    }
    this.notify();
  }

  private queueUp(entry: Entry): void {
    entry.isAsked = true;
    this.pending.push(entry);
    if (this.pending.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.queue.push(...batchesOf(this.pending));
    this.pending = [];
    this.next();
  }

  private next(): void {
    while (this.running < requestsAtOnce) {
      const batch = this.queue.shift();
      if (!batch) return;
      this.running += 1;
      void this.fetch(batch).finally(() => {
        this.running -= 1;
        this.notify();
        this.next();
      });
    }
  }

  private async fetch(batch: Entry[]): Promise<void> {
    const first = batch[0];
    if (!first) return;
    const { range, buckets } = first.want;
    const minStep = tailOf(first);
    try {
      const series = await this.ask(this.at, {
        runs: [...new Set(batch.map((entry) => entry.want.run))],
        keys: [...new Set(batch.map((entry) => entry.want.metric))],
        buckets,
        ...(minStep === null ? (range === null ? {} : { min_step: range.min }) : { min_step: minStep }),
        ...(range === null ? {} : { max_step: range.max }),
      });
      const found = new Map(series.map((one) => [`${one.run}\n${one.key}`, one]));
      for (const entry of batch) {
        const answer = found.get(`${entry.want.run}\n${entry.want.metric}`);
        const next = answer ? curveOf(answer) : emptyCurve();
        const isGrown = entry.curve !== null && minStep !== null;
        entry.curve = isGrown && entry.curve ? joined(entry.curve, next) : next;
        // Twice as fine as asked for: next time in the buckets of the longer run.
        entry.isWhole = entry.curve.last.length > 2 * buckets;
        entry.isStale = entry.isWhole;
        entry.isAsked = false;
      }
    } catch (error) {
      for (const entry of batch) {
        entry.error = error;
        entry.isAsked = false;
      }
    }
  }

  private forgetOldest(): void {
    if (this.entries.size <= keptEntries) return;
    const byUse = [...this.entries].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key, entry] of byUse.slice(0, keptEntries / 4)) if (!entry.isAsked) this.entries.delete(key);
  }

  private notify(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

/** Where a curve goes on; null where it is fetched whole. */
function tailOf(entry: Entry): number | null {
  const { curve, want } = entry;
  if (curve === null || want.range !== null || entry.isWhole) return null;
  const end = curve.lastSteps.at(-1);
  return end === undefined ? null : end + 1;
}

/** Requests: entries of one stretch together, whole runs × metrics only, and those that go on by where they do. */
function batchesOf(entries: Entry[]): Entry[][] {
  const groups = new Map<string, Map<string, Entry[]>>();
  for (const entry of entries) {
    const { range, buckets, metric } = entry.want;
    const stretch = `${range?.min}~${range?.max}~${buckets}~${tailOf(entry)}`;
    const metrics = groups.get(stretch) ?? new Map<string, Entry[]>();
    groups.set(stretch, metrics);
    metrics.set(metric, [...(metrics.get(metric) ?? []), entry]);
  }
  return [...groups.values()].flatMap((metrics) => {
    const sameRuns = new Map<string, Entry[][]>();
    for (const ofMetric of metrics.values()) {
      const runs = ofMetric.map((entry) => entry.want.run).join("\n");
      sameRuns.set(runs, [...(sameRuns.get(runs) ?? []), ofMetric]);
    }
    return [...sameRuns.values()].flatMap(piecesOf);
  });
}

function piecesOf(metrics: Entry[][]): Entry[][] {
  const pieces: Entry[][] = [];
  const runs = metrics[0]?.length ?? 0;
  for (let m = 0; m < metrics.length; m += metricsPerRequest) {
    const some = metrics.slice(m, m + metricsPerRequest);
    const width = Math.max(1, Math.floor(runsPerRequest / Math.sqrt(some.length)));
    for (let r = 0; r < runs; r += width)
      pieces.push(some.flatMap((ofMetric) => ofMetric.slice(r, r + width)));
  }
  return pieces;
}

async function askBuckets(
  at: ProjectRef,
  body: { runs: string[]; keys: string[]; buckets: number; min_step?: number; max_step?: number },
): Promise<BucketSeries[]> {
  return (await call("post", "/api/v1/projects/{entity}/{project}/buckets", { path: { ...at }, body }))
    .series;
}

export function curveOf(series: BucketSeries): Curve {
  const numbers = (values: unknown[]) => Float64Array.from(values, (value) => numberOf(value) ?? NaN);
  return {
    firstSteps: Float64Array.from(series.first_steps),
    lastSteps: Float64Array.from(series.last_steps),
    min: numbers(series.mins),
    max: numbers(series.maxs),
    last: numbers(series.lasts),
  };
}

const emptyCurve = (): Curve => {
  const none = new Float64Array(0);
  return { firstSteps: none, lastSteps: none, min: none, max: none, last: none };
};

/** `after` goes on where `before` ends; what both have is kept once. */
export function joined(before: Curve, after: Curve): Curve {
  const end = before.lastSteps.at(-1) ?? -Infinity;
  const from = after.firstSteps.findIndex((step) => step > end);
  if (from < 0) return before;
  const join = (name: keyof Curve) => {
    const [head, tail] = [before[name], after[name].subarray(from)];
    const whole = new Float64Array(head.length + tail.length);
    whole.set(head);
    whole.set(tail, head.length);
    return whole;
  };
  return {
    firstSteps: join("firstSteps"),
    lastSteps: join("lastSteps"),
    min: join("min"),
    max: join("max"),
    last: join("last"),
  };
}

const keyOf = (want: CurveWant) =>
  `${want.run}\n${want.metric}\n${want.range?.min ?? ""}~${want.range?.max ?? ""}~${want.buckets}`;
