// Numbers and times as people read them. What is undefined is "–", never 0.

export const nothing = "–";

/** `digits` significant digits: 0.000123, 1234.5, 1.2e+21; integers whole with separators. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined) return nothing;
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return minus(grouped(value));
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return minus(trimExponent(value.toExponential(digits - 1)));
  return minus(trimZeros(value.toPrecision(Math.max(digits, Math.ceil(Math.log10(size + 1))))));
}

/** A fraction 0–1 as percent; with the numbers it came from where they are given: "40% (2/5)". */
export function formatShare(share: number | null | undefined, part?: number, whole?: number): string {
  const text =
    share === null || share === undefined || Number.isNaN(share)
      ? nothing
      : `${formatNumber(share * 100, 3)}%`;
  return part === undefined || whole === undefined
    ? text
    : `${text} (${formatNumber(part)}/${formatNumber(whole)})`;
}

/** Difference against a baseline in percent with its sign; undefined where the baseline is 0 or not finite. */
export function formatDifference(value: number | null, baseline: number | null): string {
  if (value === null || baseline === null || baseline === 0) return nothing;
  const share = (value - baseline) / Math.abs(baseline);
  if (!Number.isFinite(share)) return nothing;
  return `${share > 0 ? "+" : ""}${formatNumber(share * 100, 3)}%`;
}

/** Seconds: "350 ms", "12.3 s", "4m 05s", "3h 20m", "2d 4h". */
export function formatDuration(secs: number | null | undefined): string {
  if (secs === null || secs === undefined || !Number.isFinite(secs)) return nothing;
  if (secs < 0) return `−${formatDuration(-secs)}`;
  if (secs < 1) return `${Math.round(secs * 1000)} ms`;
  if (secs < 59.95) return `${trimZeros(secs.toFixed(1))} s`;
  const whole = Math.round(secs);
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor((whole % 86_400) / 3600)];
  const [minutes, seconds] = [Math.floor((whole % 3600) / 60), whole % 60];
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${pad(minutes)}m`;
  return `${minutes}m ${pad(seconds)}s`;
}

/** Bytes in powers of 1024: "4.2 MiB". */
export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined || !Number.isFinite(bytes)) return nothing;
  const units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
  let [size, unit] = [bytes, 0];
  while (Math.abs(size) >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : trimZeros(size.toFixed(1))} ${units[unit] ?? ""}`;
}

/** "now", "3 min ago", "in 2 h", and the date from 30 days on. */
export function formatAgo(unixMs: number | null | undefined, nowUnixMs: number): string {
  if (unixMs === null || unixMs === undefined) return nothing;
  const secs = Math.round((nowUnixMs - unixMs) / 1000);
  const size = Math.abs(secs);
  if (size < 5) return "now";
  if (size >= 30 * 86_400) return new Date(unixMs).toISOString().slice(0, 10);
  const text =
    size < 60
      ? `${size} s`
      : size < 3600
        ? `${Math.floor(size / 60)} min`
        : size < 86_400
          ? `${Math.floor(size / 3600)} h`
          : `${Math.floor(size / 86_400)} d`;
  return secs > 0 ? `${text} ago` : `in ${text}`;
}

/** Local date and time to the second: "2026-11-22 14:03:05". */
export function formatTime(unixMs: number | null | undefined): string {
  if (unixMs === null || unixMs === undefined) return nothing;
  const time = new Date(unixMs);
  const day = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${day} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}

/** Any JSON value in one line for a table cell. */
export function formatValue(value: unknown): string {
  if (value === null || value === undefined) return nothing;
  if (typeof value === "number") return formatNumber(value);
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  return JSON.stringify(value);
}

/** "1 run", "2,000 runs". */
export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${formatNumber(count)} ${count === 1 ? one : many}`;
}

/** The server's NaN and infinities are texts; everything that is no number is null. */
export function numberOf(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
  return null;
}

const pad = (value: number) => String(value).padStart(2, "0");
// By hand: the browser's own way is a hundred times slower the first time, and slower ever after.
const grouped = (integer: number) => String(integer).replace(/\B(?=(?:\d{3})+$)/g, ",");
const minus = (text: string) => text.replace(/^-/, "−");
const trimZeros = (text: string) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
const trimExponent = (text: string) => text.replace(/\.?0+e/, "e").replace("e-", "e−");
