// Which runs' curves are drawn, and in which colours.
import { useMemo, useSyncExternalStore } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { runsPage, type RunsWanted } from "@/api/runs";
import type { ProjectRef, RunRow } from "@/api/types";
import { formatValue } from "@/shared/format";
import { useChosenColours } from "@/shared/theme/chosenColours";
import { assignPlaces, seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import { orderOf, type RunsView } from "./view";

export interface DrawnRun {
  run: string;
  label: string;
  colour: string;
  /** Value of the key that runs are grouped by. */
  group: string | null;
}

export interface DrawnRuns {
  runs: DrawnRun[];
  /** How many the filter lets through. */
  total: number;
  baseline: RunRow | null;
  colourOf: (run: RunRow) => string;
  /** Whose colour a run has: its own, or its group's. */
  colourIdOf: (run: RunRow) => string;
  isShown: (run: RunRow) => boolean;
  error: unknown;
}

/**
 * The runs whose curves are drawn: the first of the order that was chosen, not of the first group. Asks for nothing that
 * has to be known first, so that it can be asked at once.
 */
export function drawnPage(at: ProjectRef, filters: string | null, view: RunsView) {
  const configKeys = view.group === null ? [] : [view.group];
  const order = orderOf({ ...view, group: null });
  return runsPage(at, { filters, order, configKeys, summaryKeys: [] }, 0, view.top);
}

/** Colours that runs of a project have on the page, so that another filter or order leaves them theirs. */
const given = new Map<string, ReadonlyMap<string, number>>();

export function useDrawnRuns(at: ProjectRef, wanted: RunsWanted, view: RunsView): DrawnRuns {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const first = useQuery({ ...drawnPage(at, wanted.filters, view), placeholderData: keepPreviousData });
  const base = useQuery({
    ...runsPage(at, { ...wanted, filters: JSON.stringify({ name: view.base }), order: "-created_at" }, 0, 1),
    enabled: view.base !== null,
  });
  const baseline = view.base === null ? null : (base.data?.runs[0] ?? null);
  const { off, solo, group } = view;
  const project = `${at.entity}/${at.project}`;
  const chosen = useChosenColours(project);
  return useMemo(() => {
    const idOf = (run: RunRow) => (group === null ? run.name : `group ${groupOf(run, group)}`);
    const top = first.data?.runs ?? [];
    const inTop = new Set(top.map((run) => run.name));
    const isShown = (run: RunRow) =>
      solo !== null
        ? run.name === solo || run.name === baseline?.name
        : (inTop.has(run.name) || run.name === baseline?.name) && !off.includes(run.name);
    const all = baseline && !inTop.has(baseline.name) ? [...top, baseline] : top;
    // What a person chose is kept clear of by the others, and is not given: undone, the run has its own again.
    const before = given.get(project) ?? new Map<string, number>();
    const places = assignPlaces([...new Set(all.map(idOf))], new Map([...before, ...chosen]));
    given.set(project, withoutChosen(places, chosen, before));
    const colourOf = (run: RunRow) =>
      seriesColour(places.get(idOf(run)) ?? chosen.get(idOf(run)) ?? 0, isDark);
    const runs = all.filter(isShown).map((run) => ({
      run: run.name,
      label: run.display_name || run.name,
      colour: colourOf(run),
      group: group === null ? null : groupOf(run, group),
    }));
    return {
      runs,
      total: first.data?.total ?? 0,
      baseline,
      colourOf,
      colourIdOf: idOf,
      isShown,
      error: first.error,
    };
  }, [project, chosen, first.data, first.error, baseline, off, solo, group, isDark]);
}

function withoutChosen(
  places: ReadonlyMap<string, number>,
  chosen: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): Map<string, number> {
  const kept = new Map(places);
  for (const id of chosen.keys()) {
    const own = before.get(id);
    if (own === undefined) kept.delete(id);
    else kept.set(id, own);
  }
  return kept;
}

const groupOf = (run: RunRow, key: string) => formatValue(run.config[key]);
