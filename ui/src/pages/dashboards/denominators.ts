// What a rate is of: the monitoring design logs it beside the rate.

/** The metric that holds how many a rate is of; null where there is none such. */
export function denominatorOf(metric: string, metrics: ReadonlySet<string>): string | null {
  const [group = ""] = metric.split("/");
  const before = metric.slice(0, metric.lastIndexOf("/") + 1);
  const name = metric.slice(before.length);
  const isOf = /^(accuracy|avg_\w+|\w*_?rate|\w*_ratio)$/u.test(name);
  if (!isOf || before === "") return null;
  const candidates =
    group === "judge" ? [`${before}total_calls`, `${before}total_evaluations`] : [`${before}count`];
  return candidates.find((one) => metrics.has(one)) ?? null;
}
