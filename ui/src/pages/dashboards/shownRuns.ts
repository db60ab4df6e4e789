// Which runs a dashboard shows, as the address has it, and their last values.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { runsPage } from "@/api/runs";
import type { ProjectRef, RunRow } from "@/api/types";
import { numberOf } from "@/shared/format";
import { useChosenColours } from "@/shared/theme/chosenColours";
import { assignPlaces, seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import { flag, list, number, text } from "@/shared/viewState";

export const codecs = {
  /** Ids of chosen runs; none: the newest that fit. */
  runs: list,
  named: text(""),
  newest: number(5, 1, 100),
  edit: flag(),
};

export interface RunsChoice {
  runs: string[];
  named: string;
  newest: number;
}

export interface ShownRun {
  run: string;
  label: string;
  colour: string;
  state: string;
  /** The last value of a metric; null where the run has none. May be NaN or infinite. */
  valueOf: (metric: string) => number | null;
  /** The last value whatever it is. */
  rawOf: (metric: string) => unknown;
}

/** The server's filter for a choice: chosen ones, or those whose name or id holds the text. */
export function filterOf({ runs, named }: RunsChoice): string | null {
  if (runs.length > 0) return JSON.stringify({ name: { $in: runs } });
  const wanted = named.trim();
  if (wanted === "") return null;
  const pattern = { $regex: wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), $options: "i" };
  return JSON.stringify({ $or: [{ display_name: pattern }, { name: pattern }] });
}

/** Each run its own colour: the one that a person gave it, the one it has everywhere, or another that is free. */
export function coloursOf(
  runs: readonly string[],
  chosen: ReadonlyMap<string, number>,
  isDark: boolean,
): Map<string, string> {
  const places = assignPlaces([...runs], chosen);
  return new Map([...places].map(([run, place]) => [run, seriesColour(place, isDark)]));
}

export function useShownRuns(at: ProjectRef, choice: RunsChoice, summaryKeys: string[]) {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const wanted = { filters: filterOf(choice), order: "-created_at", configKeys: [], summaryKeys };
  const limit = choice.runs.length > 0 ? Math.min(100, choice.runs.length) : choice.newest;
  const page = useQuery({ ...runsPage(at, wanted, 0, limit), placeholderData: keepPreviousData });
  const found = page.data?.runs;
  const chosen = useChosenColours(`${at.entity}/${at.project}`);
  const shown = useMemo(() => shownOf(found ?? [], chosen, isDark), [found, chosen, isDark]);
  return { page, shown, total: page.data?.total ?? null };
}

function shownOf(rows: RunRow[], chosen: ReadonlyMap<string, number>, isDark: boolean): ShownRun[] {
  const colours = coloursOf(
    rows.map((row) => row.name),
    chosen,
    isDark,
  );
  return rows.map((row) => ({
    run: row.name,
    label: row.display_name || row.name,
    colour: colours.get(row.name) ?? "#888888",
    state: row.state,
    valueOf: (metric) => numberOf(row.summary[metric]),
    rawOf: (metric) => row.summary[metric],
  }));
}
