// What figures of a report mean on a page: units, fields of the answer, groups of metrics.
import type { Figure } from "@/api/evaluations";
import { formatDuration, formatNumber, formatShare, nothing } from "@/shared/format";

export function formatFigure(figure: Figure | null | undefined): string {
  if (!figure || figure.value === null || figure.value === undefined) return nothing;
  if (figure.unit === "fraction") return formatShare(figure.value);
  if (figure.unit.startsWith("secs")) return formatDuration(figure.value);
  return formatNumber(figure.value);
}

/** "158 of 160", or "160" where all entered. */
export function denominatorOf(figure: Figure): string {
  return figure.n === figure.n_total
    ? formatNumber(figure.n)
    : `${formatNumber(figure.n)} of ${formatNumber(figure.n_total)}`;
}

export interface FieldError {
  field: string;
  figure: Figure;
}

/** Errors per field of the answer: those metrics of `mae_raw_…` that name one. Worst first. */
export function fieldErrors(metrics: Record<string, Figure>): FieldError[] {
  const prefix = ["mae_raw_", "mae_valid_"].find((one) => namesAfter(metrics, one).length > 0);
  if (prefix === undefined) return [];
  return namesAfter(metrics, prefix)
    .flatMap((field) => {
      const figure = metrics[prefix + field];
      return figure ? [{ field, figure }] : [];
    })
    .sort((a, b) => (b.figure.value ?? -1) - (a.figure.value ?? -1));
}

function namesAfter(metrics: Record<string, Figure>, prefix: string): string[] {
  return Object.keys(metrics)
    .filter((name) => name.startsWith(prefix) && !name.endsWith("unconstrained"))
    .map((name) => name.slice(prefix.length));
}

export interface MetricGroup {
  title: string;
  metrics: { name: string; figure: Figure }[];
}

const groupTitles: [RegExp, string][] = [
  [/^(strict_valid|lenient_valid|parse_error|transport)/, "Validity"],
  [/^(latency|tokens_per|wall|requests|throughput)/, "Latency and speed"],
  [/^(cost|usd)/, "Cost"],
  [/^(skill)/, "Against baselines"],
];

/** All metrics; what belongs to no other group is quality. Those of the second pass, without a grammar, last. */
export function groupsOf(metrics: Record<string, Figure>): MetricGroup[] {
  const titles = ["Quality", ...groupTitles.map(([, title]) => title), "Without a grammar"];
  const groups = new Map(titles.map((title) => [title, [] as MetricGroup["metrics"]]));
  for (const name of Object.keys(metrics).sort()) {
    const figure = metrics[name];
    if (!figure) continue;
    const title = name.endsWith("_unconstrained")
      ? "Without a grammar"
      : (groupTitles.find(([pattern]) => pattern.test(name))?.[1] ?? "Quality");
    groups.get(title)?.push({ name, figure });
  }
  return titles.flatMap((title) => {
    const found = groups.get(title) ?? [];
    return found.length === 0 ? [] : [{ title, metrics: found }];
  });
}

/** An object's fields that are numbers; null where it has none: then the whole is shown as JSON. */
export function numberFields(value: unknown): Record<string, number> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const fields = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === "number",
  );
  return fields.length === 0 ? null : Object.fromEntries(fields);
}
