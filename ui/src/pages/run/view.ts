import type { Run, RunRef } from "@/api/types";
import { chartCodecs } from "@/shared/chart/chartCodecs";
import { flag, optionalNumber, optionalText, text, type SetView, type View } from "@/shared/viewState";

export const codecs = {
  /** An id of `tabs.ts`. */
  tab: text("charts"),
  ...chartCodecs,
  /** The run that the configuration is held against. */
  against: optionalText,
  /** Only what differs. */
  differing: flag(true),
  /** Of the console. */
  search: text(),
  /** Which media are looked for. */
  media: text(),
  /** Media and tables are shown as they stood at this step; null is the last of each. */
  step: optionalNumber,
  table: optionalText,
  /** Which rows of the table: words and comparisons. */
  rows: text(),
  /** `+3`: by the fourth column, least first; "" as they were logged. */
  order: text(),
};

export type RunView = View<typeof codecs>;
export type SetRunView = SetView<typeof codecs>;

/** What every part of the page is given. */
export interface TabProps {
  at: RunRef;
  run: Run;
  view: RunView;
  setView: SetRunView;
}
