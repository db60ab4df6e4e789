import { expect, test } from "vitest";
import type { BucketColumns } from "./bucketAnswer";
import type { BucketsBody } from "./curveRequests";
import { CurveCache, curveOf, joined, type StretchWant } from "./curves";

function series(run: string, key: string, from: number, to: number): BucketColumns {
  const steps = Float64Array.from({ length: to - from + 1 }, (_, at) => from + at);
  return {
    run,
    key,
    columns: { first_steps: steps, last_steps: steps, mins: steps, maxs: steps, lasts: steps },
  };
}

function cacheOf(length: () => number) {
  const asked: BucketsBody[] = [];
  const cache = new CurveCache({ entity: "e", project: "p" }, (_, body) => {
    asked.push(body);
    return Promise.resolve(
      body.runs.flatMap((run) => body.keys.map((key) => series(run, key, body.min_step ?? 0, length() - 1))),
    );
  });
  return { asked, cache };
}

const want = (metric = "loss", buckets = 10): StretchWant => ({
  metric,
  xMetric: null,
  range: null,
  buckets,
});
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("many runs go in one request, one more run alone", async () => {
  const { asked, cache } = cacheOf(() => 5);
  const runs = Array.from({ length: 200 }, (_, at) => `run${at}`);
  for (const run of runs) cache.get(cache.stretch(want()), run);
  await settle();
  expect(asked.map((body) => body.runs.length)).toEqual([200]);
  for (const run of [...runs, "another"]) cache.get(cache.stretch(want()), run);
  await settle();
  expect(asked[1]?.runs).toEqual(["another"]);
  expect(cache.get(cache.stretch(want()), "run7").curve?.last).toHaveLength(5);
});

test("metrics of the same runs go together, as many as an answer may hold", async () => {
  const { asked, cache } = cacheOf(() => 5);
  for (const metric of ["a", "b", "c"])
    for (const run of ["one", "two"]) cache.get(cache.stretch(want(metric)), run);
  await settle();
  expect(asked).toEqual([{ runs: ["one", "two"], keys: ["a", "b", "c"], buckets: 10 }]);
  for (const metric of ["a", "b", "c"])
    for (let run = 0; run < 200; run++) cache.get(cache.stretch(want(metric, 500)), `run${run}`);
  await settle();
  expect(asked.slice(1).map((body) => body.keys)).toEqual([["a"], ["b"], ["c"]]);
});

test("a run that grows is fetched from where it ended; when it is too fine, whole", async () => {
  let length = 5;
  const { asked, cache } = cacheOf(() => length);
  cache.get(cache.stretch(want()), "run");
  await settle();
  for (const next of [8, 25]) {
    length = next;
    cache.grow("run");
    cache.get(cache.stretch(want()), "run");
    await settle();
    expect(cache.get(cache.stretch(want()), "run").curve?.last).toHaveLength(next);
  }
  expect(asked.slice(0, 3).map((body) => body.min_step)).toEqual([undefined, 5, 8]);
  await settle();
  expect(asked[3]?.min_step).toBeUndefined();
});

test("a stretch that ended before the new rows is not asked for again", async () => {
  const { asked, cache } = cacheOf(() => 5);
  const stretch = () => cache.stretch({ ...want(), range: { min: 0, max: 4 } });
  cache.get(stretch(), "run");
  await settle();
  cache.grow("run");
  cache.get(stretch(), "run");
  await settle();
  expect(asked).toHaveLength(1);
});

test("only the metric that came is known anew", async () => {
  const { cache } = cacheOf(() => 5);
  cache.get(cache.stretch(want("loss")), "run");
  await settle();
  expect([cache.versionOf("loss"), cache.versionOf("accuracy")]).toEqual([1, 0]);
});

test("of very many buckets those that were not looked at for longest are forgotten", async () => {
  const { asked, cache } = cacheOf(() => 5);
  const look = async (metric: string) => {
    const stretch = cache.stretch(want(metric, 4000));
    for (let run = 0; run < 400; run++) cache.get(stretch, `run${run}`);
    await settle();
    await settle();
  };
  for (const metric of ["a", "b", "c", "b"]) await look(metric);
  const before = asked.length;
  await look("b");
  expect(asked).toHaveLength(before);
  await look("a");
  expect(asked.length).toBeGreaterThan(before);
});

test("what both stretches have is kept once", () => {
  const [before, after] = [curveOf(series("a", "k", 0, 5)), curveOf(series("a", "k", 4, 8))];
  expect([...joined(before, after).last]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
});
