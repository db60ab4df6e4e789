// Rows of a grid of charts: for each prefix a head, then its charts.

export type ChartRow =
  | { kind: "head"; key: string; section: string; count: number }
  | { kind: "charts"; key: string; metrics: string[] };

export function chartRows(metrics: string[], columns: number, closed: ReadonlySet<string>): ChartRow[] {
  const sections = new Map<string, string[]>();
  for (const metric of metrics) {
    const section = sectionOf(metric);
    const known = sections.get(section);
    if (known) known.push(metric);
    else sections.set(section, [metric]);
  }
  return [...sections].flatMap(([section, ofSection]): ChartRow[] => {
    const head: ChartRow = { kind: "head", key: `head ${section}`, section, count: ofSection.length };
    if (closed.has(section)) return [head];
    const rows: ChartRow[] = [head];
    for (let at = 0; at < ofSection.length; at += columns) {
      rows.push({ kind: "charts", key: `row ${ofSection[at]}`, metrics: ofSection.slice(at, at + columns) });
    }
    return rows;
  });
}

/** Sections as a person left them: all open but those named, or all closed but those named. */
export interface Folding {
  folded: boolean;
  toggled: string[];
}

export function closedSections(metrics: string[], { folded, toggled }: Folding): Set<string> {
  if (!folded) return new Set(toggled);
  const closed = new Set(metrics.map(sectionOf));
  for (const section of toggled) closed.delete(section);
  return closed;
}

/** The same with one section the other way. */
export function toggleSection(toggled: string[], section: string): string[] {
  return toggled.includes(section) ? toggled.filter((one) => one !== section) : [...toggled, section];
}

/** No more columns than any section fills: few charts are wide ones. */
export function largestSection(metrics: string[]): number {
  const counts = new Map<string, number>();
  for (const metric of metrics) counts.set(sectionOf(metric), (counts.get(sectionOf(metric)) ?? 0) + 1);
  return Math.max(1, ...counts.values());
}

/** What stands before the first slash; "" for names without one. */
export const sectionOf = (metric: string) =>
  metric.includes("/") ? metric.slice(0, metric.indexOf("/")) : "";

/** Names that match a regular expression; one that is not (yet) whole is looked for as it stands. */
export function searchMetrics(metrics: string[], search: string): string[] {
  if (search === "") return metrics;
  try {
    const pattern = new RegExp(search, "i");
    return metrics.filter((metric) => pattern.test(metric));
  } catch {
    return metrics.filter((metric) => metric.toLowerCase().includes(search.toLowerCase()));
  }
}
