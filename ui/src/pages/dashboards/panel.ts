// A panel as it is drawn, and which metrics its names mean.
import type { PanelAnswer } from "@/api/dashboards";

export const panelTypes = ["line", "bar", "scalar", "table", "pie", "scatter"] as const;
export type PanelType = (typeof panelTypes)[number];

export interface Panel {
  type: PanelType;
  title: string;
  /** As they stand in the file, `*` for one or more characters. */
  metrics: string[];
  x_axis: string | null;
  y_axis: string | null;
  columns: string[];
}

export const emptyPanel: Panel = {
  type: "line",
  title: "",
  metrics: [],
  x_axis: null,
  y_axis: null,
  columns: [],
};

export function panelOf(answer: PanelAnswer): Panel {
  return {
    type: panelTypes.find((type) => type === answer.type) ?? "line",
    title: answer.title,
    metrics: answer.metrics,
    x_axis: answer.x_axis ?? null,
    y_axis: answer.y_axis ?? null,
    columns: answer.columns,
  };
}

/** What the server calls the name of a metric: the text itself, `*` standing for one or more characters. */
export function isMeant(pattern: string, metric: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".+")}$`, "su").test(metric);
}

/** Metrics that the names mean, in their order, each once. */
export function metricsOf(names: readonly string[], metrics: readonly string[]): string[] {
  return [...new Set(names.flatMap((name) => metrics.filter((metric) => isMeant(name, metric))))];
}

const axes = ["step", "_step", "time", "_timestamp", "runtime", "_runtime"];

/** Names of metrics that runs have to have for the panel to show all it wants. */
export function namedMetrics(panel: Panel): string[] {
  const named = [...panel.metrics];
  if (panel.x_axis !== null && !axes.includes(panel.x_axis)) named.push(panel.x_axis);
  if (panel.type === "scatter" && panel.y_axis !== null && !axes.includes(panel.y_axis))
    named.push(panel.y_axis);
  return named;
}

/** The x of a line chart, in the words of the curves. */
export function lineAxisOf(panel: Panel): string {
  const named: Record<string, string> = { _step: "step", _runtime: "runtime", _timestamp: "time" };
  return panel.x_axis === null ? "step" : (named[panel.x_axis] ?? panel.x_axis);
}

/** What `*` stands for in a metric; null where the pattern does not mean it. */
export function starOf(pattern: string, metric: string): string | null {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  const found = new RegExp(`^${parts.join("(.+)")}$`, "su").exec(metric);
  return found ? found.slice(1).join("/") : null;
}

export interface Pair {
  /** What both have in common: the source. "" where the names have no `*`. */
  label: string;
  x: string;
  y: string;
}

/** Pairs of metrics of a scatter: what `*` stands for has to be the same in both. */
export function pairsOf(x: string, y: string, metrics: readonly string[]): Pair[] {
  const byStar = (pattern: string) =>
    new Map(
      metrics.flatMap((metric): [string, string][] => {
        const star = starOf(pattern, metric);
        return star === null ? [] : [[star, metric]];
      }),
    );
  const [xs, ys] = [byStar(x), byStar(y)];
  if (!x.includes("*") || !y.includes("*")) {
    return [...xs].flatMap(([starX, metricX]) =>
      [...ys].map(([starY, metricY]) => ({ label: starX || starY, x: metricX, y: metricY })),
    );
  }
  return [...xs].flatMap(([star, metric]) => {
    const other = ys.get(star);
    return other === undefined ? [] : [{ label: star, x: metric, y: other }];
  });
}

export interface TableShape {
  /** Names of rows: sources, or metrics where no columns are named. */
  rows: string[];
  columns: string[];
  /** The metric of a row in a column; null where no run has it. */
  metricAt: (row: string, column: string) => string | null;
}

/** Columns `[source, accuracy, count]` over `dataset/gsm8k/accuracy`, …: a row a source; else a row a metric. */
export function tableShapeOf(columns: readonly string[], found: readonly string[]): TableShape {
  if (columns.length === 0) {
    return { rows: [...found], columns: ["value"], metricAt: (row) => row };
  }
  const [lead = "source", ...values] = columns;
  const isKeyed = values.length > 0;
  const wanted = isKeyed ? values : [lead];
  const placed = found.flatMap((metric) => {
    const column = wanted.find((name) => metric === name || metric.endsWith(`/${name}`));
    if (column === undefined) return [];
    const before = metric === column ? "" : metric.slice(0, -column.length - 1);
    return [{ row: before.split("/").slice(-1)[0] ?? "", column, metric }];
  });
  const known = new Map(placed.map(({ row, column, metric }) => [`${row}\n${column}`, metric]));
  return {
    rows: [...new Set(placed.map(({ row }) => row))],
    columns: wanted,
    metricAt: (row, column) => known.get(`${row}\n${column}`) ?? null,
  };
}
