import { choice, optionalText, text, type SetView, type View } from "@/shared/viewState";

export const tabs = [
  { id: "summary", label: "Summary" },
  { id: "rows", label: "Rows" },
  { id: "metrics", label: "All metrics" },
] as const;

export const codecs = {
  tab: choice(["summary", "rows", "metrics"], "summary"),
  order: choice(["worst", "best", "id"], "worst"),
  failure: optionalText,
  stratum: optionalText,
  /** Id of the row that is open. */
  row: optionalText,
  /** Metric of the strata; the primary score where none is named. */
  metric: text(),
};

export type ReportView = View<typeof codecs>;
export type SetReportView = SetView<typeof codecs>;
