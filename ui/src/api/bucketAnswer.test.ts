import { expect, test } from "vitest";
import { decodeBuckets } from "./bucketAnswer";

function encoded(columns: string[], series: { run: string; key: string; values: number[][] }[]): ArrayBuffer {
  let offset = 0;
  const listed = series.map(({ run, key, values }) => {
    const n = values[0]?.length ?? 0;
    const one = { run, key, width: 1, n, offset };
    offset += 8 * n * columns.length;
    return one;
  });
  let header = JSON.stringify({ columns, missing_runs: [], series: listed });
  while ((4 + header.length) % 8 !== 0) header += " ";
  const bytes = new ArrayBuffer(4 + header.length + offset);
  new DataView(bytes).setUint32(0, header.length, true);
  new Uint8Array(bytes, 4).set(new TextEncoder().encode(header));
  new Float64Array(bytes, 4 + header.length).set(series.flatMap(({ values }) => values.flat()));
  return bytes;
}

test("columns are read where they lie", () => {
  const bytes = encoded(
    ["last_steps", "lasts"],
    [
      {
        run: "a",
        key: "loss",
        values: [
          [3, 7],
          [0.5, NaN],
        ],
      },
      { run: "b", key: "loss", values: [[1], [-Infinity]] },
    ],
  );
  const [first, second] = decodeBuckets(bytes);
  expect(first).toMatchObject({ run: "a", key: "loss" });
  expect([...(first?.columns["lasts"] ?? [])]).toEqual([0.5, NaN]);
  expect([...(second?.columns["last_steps"] ?? []), ...(second?.columns["lasts"] ?? [])]).toEqual([
    1,
    -Infinity,
  ]);
  expect(first?.columns["lasts"]?.buffer).toBe(bytes);
});

test("an answer that was cut off is refused", () => {
  const bytes = encoded(["lasts"], [{ run: "a", key: "loss", values: [[1, 2, 3]] }]);
  expect(() => decodeBuckets(bytes.slice(0, bytes.byteLength - 8))).toThrow();
});
