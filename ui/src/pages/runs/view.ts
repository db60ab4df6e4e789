// What a person chooses on the page of runs; all of it is in the address.
import { choice, list, number, optionalText, text, type View } from "@/shared/viewState";
import type { TableSort } from "@/shared/table/types";
import { chartCodecs } from "@/shared/chart/chartCodecs";

export const codecs = {
  filter: text(),
  /** `-created`, `+summary:val/loss`. */
  sort: text("-created"),
  /** A key of the configuration. */
  group: optionalText,
  /** Columns beside the first, by id; none: those that most runs have. */
  column: list,
  pin: list,
  show: choice(["both", "table", "charts"], "both"),
  /** Runs whose curves are not drawn. */
  off: list,
  solo: optionalText,
  base: optionalText,
  /** How many runs of the table are drawn. */
  top: number(50, 1, 500),
  ...chartCodecs,
};

export type RunsView = View<typeof codecs>;

export function sortOf(view: Pick<RunsView, "sort">): TableSort {
  return { id: view.sort.replace(/^[-+]/, ""), isDescending: !view.sort.startsWith("+") };
}

/** The order as the server takes it: runs of a group stay together. */
export function orderOf(view: Pick<RunsView, "sort" | "group">): string {
  const { id, isDescending } = sortOf(view);
  const order = `${isDescending ? "-" : "+"}${orderField(id)}`;
  return view.group === null ? order : `+config.${view.group},${order}`;
}

function orderField(id: string): string {
  if (id.startsWith("config:")) return `config.${id.slice("config:".length)}`;
  if (id.startsWith("summary:")) return `summary_metrics.${id.slice("summary:".length)}`;
  return { name: "display_name", created: "created_at", heard: "heartbeat_at", user: "username" }[id] ?? id;
}
