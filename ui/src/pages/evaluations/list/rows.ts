import type { EvaluationRow } from "@/api/evaluations";
import { domainOf, type Domain } from "@/shared/figures";

/** Reports whose scores may stand on one line: the same task and primary score. */
export function lineOf(row: EvaluationRow): string | null {
  return row.report ? JSON.stringify([row.report.task, row.report.primary.name]) : null;
}

export function domainsOf(rows: EvaluationRow[]): Map<string, Domain> {
  const values = new Map<string, (number | null | undefined)[]>();
  for (const row of rows) {
    const line = lineOf(row);
    if (line === null) continue;
    const { value, interval95 } = row.report?.primary.metric ?? {};
    values.set(line, [...(values.get(line) ?? []), value, ...(interval95 ?? [])]);
  }
  const domains = new Map<string, Domain>();
  for (const [line, found] of values) {
    const domain = domainOf(found);
    if (domain) domains.set(line, domain);
  }
  return domains;
}

export function tasksOf(rows: EvaluationRow[]): string[] {
  return [...new Set(rows.flatMap((row) => (row.report ? [row.report.task] : [])))].sort();
}

export function matchesText(row: EvaluationRow, wanted: string): boolean {
  const text = [row.run.name, row.run.display_name, row.report?.model, row.report?.answered_by.model]
    .join("\n")
    .toLowerCase();
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** In the order in which they were chosen; what is gone is left out. */
export function chosenRows(rows: EvaluationRow[], chosen: string[]): EvaluationRow[] {
  return chosen.flatMap((name) => rows.find((row) => row.run.name === name) ?? []);
}
