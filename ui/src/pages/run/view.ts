import { choice, flag, number, optionalText, range, text, type SetView, type View } from "@/shared/viewState";

export const tabs = [
  { id: "charts", label: "Charts" },
  { id: "overview", label: "Overview" },
  { id: "config", label: "Config" },
  { id: "console", label: "Console" },
  { id: "system", label: "System" },
  { id: "files", label: "Files" },
] as const;

export const codecs = {
  tab: choice(["charts", "overview", "config", "console", "system", "files"], "charts"),
  chart: text(),
  x: text("step"),
  smooth: number(0, 0, 0.99),
  by: choice(["ema", "time"], "time"),
  xlog: flag(),
  ylog: flag(),
  clip: flag(),
  zoom: range,
  /** The run that the configuration is held against. */
  against: optionalText,
  /** Only what differs. */
  differing: flag(true),
  /** Of the console. */
  search: text(),
};

export type RunView = View<typeof codecs>;
export type SetRunView = SetView<typeof codecs>;

export interface TabProps {
  view: RunView;
  setView: SetRunView;
}
