// Curves of metrics: exact buckets, kept per run, metric and stretch of steps, so that showing one more run
// fetches that run alone. What is asked for in one tick goes in as few requests as possible.
import { requestsOf, type BucketsBody } from "./curveRequests";
import { bucketType, decodeBuckets, type BucketColumns } from "./bucketAnswer";
import { request } from "./client";
import type { ProjectRef } from "./types";

/** One metric of one run in buckets; a place in each list is a bucket. NaN: no number there. */
export interface Curve {
  firstSteps: Float64Array;
  lastSteps: Float64Array;
  /** The highest value of the x metric; the last steps where x is the step. */
  x: Float64Array;
  min: Float64Array;
  max: Float64Array;
  last: Float64Array;
}

/** Steps, both inclusive; null is all of them. */
export interface StepRange {
  min: number;
  max: number;
}

/** What the curves of one chart have in common. */
export interface StretchWant {
  metric: string;
  /** Buckets over the values of this metric instead of over steps. */
  xMetric: string | null;
  range: StepRange | null;
  buckets: number;
}

export interface Entry {
  run: string;
  stretch: Stretch;
  curve: Curve | null;
  isAsked: boolean;
  isStale: boolean;
  /** Fetched from its beginning next time, not only where it goes on. */
  isWhole: boolean;
  error: unknown;
}

export interface Stretch {
  want: StretchWant;
  runs: Map<string, Entry>;
  usedAt: number;
}

const requestsAtOnce = 2;
/** Six columns of 8 bytes each. */
const keptBuckets = 3_000_000;

export class CurveCache {
  private readonly stretches = new Map<string, Stretch>();
  private readonly listeners = new Set<() => void>();
  private readonly versions = new Map<string, number>();
  private queue: Entry[][] = [];
  private pending: Entry[] = [];
  private running = 0;
  private clock = 0;
  private bucketsKept = 0;

  constructor(
    private readonly at: ProjectRef,
    private readonly ask: typeof askBuckets = askBuckets,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Grows whenever something of this metric is known anew. */
  versionOf(metric: string | null): number {
    return metric === null ? 0 : (this.versions.get(metric) ?? 0);
  }

  stretch(want: StretchWant): Stretch {
    const key = `${want.metric}\n${want.xMetric ?? ""}\n${want.range?.min ?? ""}~${want.range?.max ?? ""}~${want.buckets}`;
    let stretch = this.stretches.get(key);
    if (!stretch) {
      stretch = { want, runs: new Map(), usedAt: 0 };
      this.stretches.set(key, stretch);
      this.forgetOldest();
    }
    stretch.usedAt = ++this.clock;
    return stretch;
  }

  /** What is known of a run in it now; asks for it where it is not there or old. */
  get(stretch: Stretch, run: string): Entry {
    let entry = stretch.runs.get(run);
    if (!entry) {
      entry = { run, stretch, curve: null, isAsked: false, isStale: false, isWhole: false, error: null };
      stretch.runs.set(run, entry);
      this.bucketsKept += stretch.want.buckets;
    }
    if (!entry.isAsked && (entry.curve === null || entry.isStale) && entry.error === null)
      this.queueUp(entry);
    return entry;
  }

  /** Rows were added to a run: what is shown of it goes on where it ended. */
  grow(run: string): void {
    const grown = new Set<string>();
    for (const { runs, want } of this.stretches.values()) {
      const entry = runs.get(run);
      if (!entry) continue;
      const end = entry.curve?.lastSteps.at(-1);
      if (want.range !== null && end !== undefined && end >= want.range.max) continue;
      entry.isStale = true;
      grown.add(want.metric);
    }
    this.notify(grown);
  }

  /** Events were lost or a run was begun anew: all of it is fetched again, what is there stays till then. */
  refetch(run: string | null): void {
    const metrics = new Set<string>();
    for (const { runs, want } of this.stretches.values()) {
      for (const entry of runs.values()) {
        if (run !== null && entry.run !== run) continue;
        Object.assign(entry, { isStale: true, error: null, isWhole: true });
        metrics.add(want.metric);
      }
    }
    this.notify(metrics);
  }

  private queueUp(entry: Entry): void {
    entry.isAsked = true;
    this.pending.push(entry);
    if (this.pending.length === 1) queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.queue.push(...requestsOf(this.pending));
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
        this.notify(new Set(batch.map((entry) => entry.stretch.want.metric)));
        this.next();
      });
    }
  }

  private async fetch(batch: Entry[]): Promise<void> {
    const first = batch[0];
    if (!first) return;
    const { range, buckets, xMetric } = first.stretch.want;
    const tail = tailOf(first);
    try {
      const series = await this.ask(this.at, {
        runs: [...new Set(batch.map((entry) => entry.run))],
        keys: [...new Set(batch.map((entry) => entry.stretch.want.metric))],
        buckets,
        ...(xMetric === null ? {} : { x_key: xMetric }),
        ...(tail === null ? (range === null ? {} : { min_step: range.min }) : { min_step: tail }),
        ...(range === null ? {} : { max_step: range.max }),
      });
      const found = new Map(series.map((one) => [`${one.run}\n${one.key}`, one]));
      for (const entry of batch) {
        const answer = found.get(`${entry.run}\n${entry.stretch.want.metric}`);
        const next = answer ? curveOf(answer) : emptyCurve;
        entry.curve = entry.curve !== null && tail !== null ? joined(entry.curve, next) : next;
        // Twice as fine as asked for: next time in the buckets of the longer run.
        entry.isWhole = entry.curve.last.length > 2 * buckets;
        entry.isStale = entry.isWhole;
        entry.isAsked = false;
      }
    } catch (error) {
      for (const entry of batch) Object.assign(entry, { error, isAsked: false });
    }
  }

  private forgetOldest(): void {
    if (this.bucketsKept <= keptBuckets) return;
    const byUse = [...this.stretches].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [key, { want, runs }] of byUse) {
      if (this.bucketsKept <= (keptBuckets * 3) / 4) return;
      if ([...runs.values()].some((entry) => entry.isAsked)) continue;
      this.stretches.delete(key);
      this.bucketsKept -= runs.size * want.buckets;
    }
  }

  private notify(metrics: ReadonlySet<string>): void {
    for (const metric of metrics) this.versions.set(metric, this.versionOf(metric) + 1);
    for (const listener of this.listeners) listener();
  }
}

/** Where a curve goes on; null where it is fetched whole. */
export function tailOf({ curve, stretch, isWhole }: Entry): number | null {
  if (curve === null || stretch.want.range !== null || stretch.want.xMetric !== null || isWhole) return null;
  const end = curve.lastSteps.at(-1);
  return end === undefined ? null : end + 1;
}

async function askBuckets(at: ProjectRef, body: BucketsBody): Promise<BucketColumns[]> {
  const columns = ["first_steps", "last_steps", "mins", "maxs", "lasts"];
  if (body.x_key !== undefined) columns.push("last_xs");
  const project = `${encodeURIComponent(at.entity)}/${encodeURIComponent(at.project)}`;
  const answer = await request(`/api/v1/projects/${project}/buckets`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: bucketType },
    body: JSON.stringify({ ...body, columns }),
  });
  return decodeBuckets(await answer.arrayBuffer());
}

const none = new Float64Array(0);
const emptyCurve: Curve = { firstSteps: none, lastSteps: none, x: none, min: none, max: none, last: none };

export function curveOf({ columns }: BucketColumns): Curve {
  const lastSteps = columns["last_steps"] ?? none;
  return {
    firstSteps: columns["first_steps"] ?? none,
    lastSteps,
    x: columns["last_xs"] ?? lastSteps,
    min: columns["mins"] ?? none,
    max: columns["maxs"] ?? none,
    last: columns["lasts"] ?? none,
  };
}

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
  const lastSteps = join("lastSteps");
  return {
    firstSteps: join("firstSteps"),
    lastSteps,
    x: lastSteps,
    min: join("min"),
    max: join("max"),
    last: join("last"),
  };
}
