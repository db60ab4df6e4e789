import { expect, test } from "vitest";
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDifference,
  formatDuration,
  formatNumber,
  formatShare,
  formatValue,
  numberOf,
} from "./format";

test("numbers keep significant digits and say what they are not", () => {
  const shown = [
    0,
    1,
    -3,
    1234567,
    0.1 + 0.2,
    0.00012345,
    0.0000123,
    1234.5678,
    123456.7,
    1.5e12,
    -2.5,
    1e300,
  ];
  expect(shown.map((value) => formatNumber(value))).toEqual([
    "0",
    "1",
    "−3",
    "1,234,567",
    "0.3",
    "0.0001234",
    "1.23e−5",
    "1235",
    "123457",
    "1,500,000,000,000",
    "−2.5",
    "1e+300",
  ]);
  expect([null, undefined, NaN, Infinity, -Infinity].map((value) => formatNumber(value))).toEqual([
    "–",
    "–",
    "NaN",
    "∞",
    "−∞",
  ]);
});

test("shares show their denominators, differences their sign", () => {
  expect(formatShare(0.4, 2, 5)).toBe("40% (2/5)");
  expect(formatShare(null, 0, 0)).toBe("– (0/0)");
  expect([formatDifference(1.1, 1), formatDifference(0.5, 1), formatDifference(1, 0)]).toEqual([
    "+10%",
    "−50%",
    "–",
  ]);
  expect(formatDifference(-1, -2)).toBe("+50%");
});

test("durations roll over and never show 60 seconds", () => {
  const shown = [0, 0.35, 12.34, 59.97, 60, 245, 3599.9, 12_000, 187_200, null, NaN, -5];
  expect(shown.map(formatDuration)).toEqual([
    "0 ms",
    "350 ms",
    "12.3 s",
    "1m 00s",
    "1m 00s",
    "4m 05s",
    "1h 00m",
    "3h 20m",
    "2d 4h",
    "–",
    "–",
    "−5 s",
  ]);
});

test("bytes, times and counts", () => {
  expect([0, 1023, 1536, 5 * 2 ** 30].map(formatBytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "5 GiB"]);
  const now = Date.UTC(2026, 10, 22);
  expect([1, 59, 3600, 90_000, 40 * 86_400, -120].map((secs) => formatAgo(now - secs * 1000, now))).toEqual([
    "now",
    "59 s ago",
    "1 h ago",
    "1 d ago",
    "2026-10-13",
    "in 2 min",
  ]);
  expect([formatCount(1, "run"), formatCount(2000, "run")]).toEqual(["1 run", "2,000 runs"]);
});

test("values of any kind fit a cell; texts of the server become numbers", () => {
  expect([true, null, "x", [1, 2], { a: 1 }].map(formatValue)).toEqual([
    "true",
    "–",
    "x",
    "[1,2]",
    '{"a":1}',
  ]);
  expect(["NaN", "-Infinity", "1", 2, false, null].map(numberOf)).toEqual([NaN, -Infinity, null, 2, 0, null]);
});
