import { useCallback, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import type { ProjectRef, RunRow } from "@/api/types";
import { addresses } from "@/app/addresses";
import { DataTable } from "@/shared/table/DataTable";
import { useShortcuts } from "@/shared/shortcuts";
import { useNarrow } from "@/shared/useNarrow";
import { useNow } from "@/shared/useNow";
import type { SetView } from "@/shared/viewState";
import { BulkBar } from "./BulkBar";
import { ColourList } from "./ColourMenu";
import { columnOf, columnTitle, nameColumn } from "./columns";
import { HeaderMenu } from "./HeaderMenu";
import type { DrawnRuns } from "./useDrawnRuns";
import type { RunRows } from "./useRunRows";
import { sortOf, type codecs, type RunsView } from "./view";

export interface RunsTableProps {
  at: ProjectRef;
  rows: RunRows;
  shown: string[];
  view: RunsView;
  setView: SetView<typeof codecs>;
  drawn: DrawnRuns;
  selection: ReadonlySet<string>;
  setSelection: (selection: ReadonlySet<string>) => void;
}

export function RunsTable({
  at,
  rows,
  shown,
  view,
  setView,
  drawn,
  selection,
  setSelection,
}: RunsTableProps) {
  const [, navigate] = useLocation();
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [painted, setPainted] = useState<{ run: RunRow; by: HTMLElement } | null>(null);
  const [menu, setMenu] = useState<{ id: string; by: HTMLElement } | null>(null);
  // Without a column of times nothing has to be written anew.
  const nowUnixMs = useNow(shown.includes("created") ? 10_000 : 3_600_000);
  const isNarrow = useNarrow();
  const [active, setActive] = useState<RunRow | undefined>();
  const lastTicked = useRef(-1);
  const { baseline, colourOf, isShown } = drawn;
  const { solo, off, group: groupedBy, pin } = view;

  const toggle = useCallback(
    (run: RunRow, isSolo: boolean) => {
      if (isSolo) setView({ solo: solo === run.name ? null : run.name });
      else if (isShown(run)) setView({ off: [...off, run.name], solo: null });
      else setView({ off: off.filter((name) => name !== run.name), solo: null });
    },
    [solo, off, isShown, setView],
  );
  const columns = useMemo(() => {
    const onColour = (run: RunRow, by: HTMLElement) => setPainted({ run, by });
    const context = { at, nowUnixMs, colourOf, isShown, onToggle: toggle, onColour, baseline, isNarrow };
    const group = groupedBy === null ? [] : [`config:${groupedBy}`];
    const ids = [...new Set([...group, ...shown])];
    return [nameColumn(context), ...ids.map((id) => columnOf(id, context))].map((column) => ({
      ...column,
      isPinned: column.isPinned === true || pin.includes(column.id),
      widthPx: widths[column.id] ?? column.widthPx,
    }));
  }, [at, nowUnixMs, colourOf, isShown, baseline, shown, groupedBy, pin, widths, toggle, isNarrow]);

  const onSelect = (key: string, isSelected: boolean, index: number, isRange: boolean) => {
    const [from, to] =
      isRange && lastTicked.current >= 0 ? [lastTicked.current, index].sort((a, b) => a - b) : [index, index];
    const next = new Set(selection);
    for (let place = from ?? index; place <= (to ?? index); place++) {
      const name = rows.rowAt(place)?.name ?? (place === index ? key : null);
      if (name === null) continue;
      if (isSelected) next.add(name);
      else next.delete(name);
    }
    lastTicked.current = index;
    setSelection(next);
  };
  const open = (run: RunRow) => navigate(addresses.run({ ...at, run: run.name }));
  useShortcuts([
    { keys: "enter", says: "Open the row", run: () => active && open(active) },
    {
      keys: "c",
      says: "Show or hide the row's curves",
      run: () => active && toggle(active, false),
    },
    {
      keys: "b",
      says: "The row as baseline, or none",
      run: () => active && setView({ base: view.base === active.name ? null : active.name }),
    },
  ]);
  return (
    <>
      {selection.size > 0 && (
        <BulkBar at={at} selection={selection} setSelection={setSelection} view={view} setView={setView} />
      )}
      <DataTable
        label={`Runs of ${at.project}`}
        rowCount={rows.total}
        rowAt={rows.rowAt}
        rowKey={(run) => run.name}
        columns={columns}
        sort={sortOf(view)}
        onSort={({ id, isDescending }) => setView({ sort: `${isDescending ? "-" : "+"}${id}` })}
        onResize={(id, widthPx) => setWidths((before) => ({ ...before, [id]: widthPx }))}
        onHeaderMenu={(id, by) => setMenu({ id, by })}
        selection={selection}
        onSelect={onSelect}
        onOpen={open}
        onActive={setActive}
        onVisible={rows.onVisible}
      />
      {painted && (
        <ColourList
          key={painted.run.name}
          at={at}
          id={drawn.colourIdOf(painted.run)}
          title={painted.run.display_name || painted.run.name}
          by={painted.by}
          onClose={() => setPainted(null)}
        />
      )}
      {menu && (
        <HeaderMenu
          key={menu.id}
          id={menu.id}
          title={columnTitle(menu.id)}
          by={menu.by}
          shown={shown}
          view={view}
          setView={setView}
          widthPx={columns.find((column) => column.id === menu.id)?.widthPx ?? 100}
          onWidth={(widthPx) => setWidths((before) => ({ ...before, [menu.id]: widthPx }))}
          onClose={() => setMenu(null)}
        />
      )}
    </>
  );
}
