import { expect, test } from "vitest";
import { collect, pageRows, pagesIn } from "./usePages";

test("pages that are in sight, none beyond the end", () => {
  expect(pagesIn(0, 10, 1000)).toEqual([0]);
  expect(pagesIn(40, 120, 1000)).toEqual([0, 1, 2]);
  expect(pagesIn(40, 500, 60)).toEqual([0, 1]);
  expect(pagesIn(0, 0, 0)).toEqual([]);
});

test("a page that ends early is asked on, until it is full or the list ends", async () => {
  const all = Array.from({ length: 130 }, (_, at) => at);
  const asked: number[] = [];
  const ask = (offset: number, limit: number) => ({
    queryKey: [offset],
    queryFn: () => {
      asked.push(offset);
      const rows = all.slice(offset, offset + Math.min(limit, 20));
      const next = offset + rows.length;
      return Promise.resolve({ rows, total: all.length, next_offset: next < all.length ? next : null });
    },
  });
  const signal = new AbortController().signal;
  expect((await collect(ask, pageRows, signal)).rows).toEqual(all.slice(50, 100));
  expect(asked).toEqual([50, 70, 90]);
  expect((await collect(ask, 100, signal)).rows).toEqual(all.slice(100));
});
