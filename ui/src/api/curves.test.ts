import { expect, test } from "vitest";
import { CurveCache, curveOf, joined, type CurveWant } from "./curves";
import type { BucketSeries } from "./types";

interface Asked {
  runs: string[];
  keys: string[];
  buckets: number;
  min_step?: number;
}

function series(run: string, key: string, from: number, to: number): BucketSeries {
  const steps = Array.from({ length: to - from + 1 }, (_, at) => from + at);
  const columns = {
    first_steps: steps,
    last_steps: steps,
    mins: steps,
    maxs: steps,
    means: steps,
    lasts: steps,
  };
  return { run, key, width: 1, ...columns, counts: steps.map(() => 1), nan_counts: steps.map(() => 0) };
}

function cacheOf(length: () => number) {
  const asked: Asked[] = [];
  const cache = new CurveCache({ entity: "e", project: "p" }, (_, body) => {
    asked.push(body);
    return Promise.resolve(
      body.runs.flatMap((run) => body.keys.map((key) => series(run, key, body.min_step ?? 0, length() - 1))),
    );
  });
  return { asked, cache };
}

const want = (run: string, metric = "loss", buckets = 10): CurveWant => ({
  run,
  metric,
  range: null,
  buckets,
});
const settle = () => new Promise((resolve) => setTimeout(resolve));

test("many runs go in pieces, one more run alone", async () => {
  const { asked, cache } = cacheOf(() => 5);
  const runs = Array.from({ length: 60 }, (_, at) => `run${at}`);
  for (const run of runs) cache.get(want(run));
  await settle();
  expect(asked.map((body) => body.runs.length)).toEqual([25, 25, 10]);
  for (const run of [...runs, "another"]) cache.get(want(run));
  await settle();
  expect(asked[3]?.runs).toEqual(["another"]);
  expect(cache.peek(want("run7"))?.last).toHaveLength(5);
});

test("metrics of one run go together", async () => {
  const { asked, cache } = cacheOf(() => 5);
  for (const metric of ["a", "b", "c"]) cache.get(want("run", metric));
  await settle();
  expect(asked).toEqual([{ runs: ["run"], keys: ["a", "b", "c"], buckets: 10 }]);
});

test("a run that grows is fetched from where it ended; when it is too fine, whole", async () => {
  let length = 5;
  const { asked, cache } = cacheOf(() => length);
  cache.get(want("run"));
  await settle();
  for (const next of [8, 25]) {
    length = next;
    cache.grow("run");
    cache.get(want("run"));
    await settle();
    expect(cache.peek(want("run"))?.last).toHaveLength(next);
  }
  expect(asked.map((body) => body.min_step)).toEqual([undefined, 5, 8]);
  cache.get(want("run"));
  await settle();
  expect(asked[3]?.min_step).toBeUndefined();
});

test("what both stretches have is kept once; texts are numbers", () => {
  const [before, after] = [curveOf(series("a", "k", 0, 5)), curveOf(series("a", "k", 4, 8))];
  expect([...joined(before, after).last]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  const odd = { ...series("a", "k", 0, 1), lasts: ["NaN", "-Infinity"] as unknown as number[] };
  expect([...curveOf(odd).last]).toEqual([NaN, -Infinity]);
});
