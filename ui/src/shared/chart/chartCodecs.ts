import { choice, flag, list, number, range, text } from "@/shared/viewState";

/** What a person chooses for all charts of a page, as it stands in the address. */
export const chartCodecs = {
  chart: text(),
  x: text("step"),
  smooth: number(0, 0, 0.99),
  by: choice(["ema", "time"], "time"),
  xlog: flag(),
  ylog: flag(),
  /** y shows the middle 98 % of what is drawn. */
  clip: flag(),
  zoom: range,
  /** All sections of charts are closed but those that were toggled; else the other way round. */
  folded: flag(),
  toggled: list,
};
