import type { EvalReport, Figure } from "@/api/evaluations";
import { formatDuration, nothing } from "@/shared/format";

/** Metrics that every stratum has, the same names in each. */
export function metricsOfStrata(strata: EvalReport["strata"]): string[] {
  return [...new Set(Object.values(strata).flatMap((metrics) => Object.keys(metrics)))].sort();
}

/** One metric over the strata, the worst one first; those without a value last. */
export function strataRows(report: EvalReport, metric: string) {
  const isLowBetter = isLowerBetter(report, metric);
  const rank = (value: number | null) => (value === null ? -Infinity : isLowBetter ? value : -value);
  return Object.entries(report.strata)
    .flatMap(([id, metrics]) => {
      const figure = metrics[metric];
      if (!figure) return [];
      const { value = null, interval95: interval, n, n_total: nTotal } = figure;
      return [{ id, value, interval, n, nTotal }];
    })
    .sort((a, b) => rank(b.value) - rank(a.value) || a.id.localeCompare(b.id));
}

function isLowerBetter(report: EvalReport, metric: string): boolean {
  if (metric === report.primary_score.metric) return report.primary_score.direction === "minimize";
  return /^(mae|mse|latency|cost|parse_error)/.test(metric);
}

export function medianText(metrics: Record<string, Figure>): string {
  const parts = (["p50", "p95", "p99"] as const).flatMap((name) => {
    const value = metrics[`latency_secs_${name}`]?.value;
    return value === null || value === undefined ? [] : [`${name} ${formatDuration(value)}`];
  });
  const n = metrics["latency_secs_p50"]?.n;
  return parts.length === 0 ? nothing : `${parts.join(", ")} (n = ${n ?? nothing})`;
}
