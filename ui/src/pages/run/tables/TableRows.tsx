import { useDeferredValue, useMemo, useState } from "react";
import type { RunFiles } from "@/api/media";
import { Button, Dialog, EmptyState } from "@/shared/components";
import { formatCount, formatNumber, formatValue, numberOf } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import type { TableColumn } from "@/shared/table/types";
import { useShortcuts } from "@/shared/shortcuts";
import type { TabProps } from "../view";
import { arranged, orderOf } from "./arrange";
import { mediaCellOf, type MediaCell } from "./cells";
import { MediaCellView, mediaHeightPx, mediaWidthPx, OpenedCell, WholeMedia } from "./MediaCells";
import type { RunTable } from "./read";
import "../media/media.css";

interface TableRowsProps extends Pick<TabProps, "view" | "setView"> {
  name: string;
  table: RunTable;
  files: RunFiles;
}

interface Row {
  place: number;
  cells: unknown[];
}

const filterId = "rows-filter";

export function TableRows({ name, table, files: ofRun, view, setView }: TableRowsProps) {
  const [widths, setWidths] = useState<Record<string, number>>({});
  const [open, setOpen] = useState<number | null>(null);
  const [large, setLarge] = useState<Large | null>(null);
  const files = useMemo<RunFiles>(
    () => ({ isPending: ofRun.isPending, get: (path) => table.files?.get(path) ?? ofRun.get(path) }),
    [ofRun, table.files],
  );
  // Typing stays quick while a large table is looked through.
  const filter = useDeferredValue(view.rows);
  const { places, fault } = useMemo(() => arrange(table, filter, view.order), [table, filter, view.order]);
  const columns = useMemo(
    () => table.columns.map((title, at) => columnOf(table, title, at, files, setLarge)),
    [table, files],
  );
  const rowHeightPx = useMemo(() => heightOf(table), [table]);
  const sized = useMemo(
    () =>
      [numberColumn, ...columns].map((column) => ({
        ...column,
        widthPx: widths[column.id] ?? column.widthPx,
      })),
    [columns, widths],
  );
  useShortcuts([{ keys: "/", says: "Filter rows", run: () => document.getElementById(filterId)?.focus() }]);
  const order = orderOf(view.order);
  const rowAt = (index: number): Row | undefined => {
    const place = places[index];
    return place === undefined ? undefined : { place, cells: table.rows[place] ?? [] };
  };
  const opened = open === null ? undefined : rowAt(open);
  return (
    <>
      <div className="chart-controls">
        <input
          id={filterId}
          type="search"
          className="rows-filter"
          aria-label="Rows that hold"
          aria-describedby="rows-said"
          aria-invalid={fault !== null}
          placeholder="words, or column>0.5"
          spellCheck={false}
          value={view.rows}
          onChange={(event) => setView({ rows: event.target.value }, "replace")}
        />
        <span id="rows-said" className="run-facts" role="status">
          {fault ?? countOf(table, places.length)}
        </span>
        {order !== null && <Button onClick={() => setView({ order: "" })}>As logged</Button>}
      </div>
      {table.rows.length === 0 ? (
        <EmptyState title="The table has no rows">
          <p>
            Its columns: <bdi>{table.columns.join(", ").slice(0, 2000) || "none"}</bdi>
          </p>
        </EmptyState>
      ) : places.length === 0 ? (
        <EmptyState title="No row is like that" />
      ) : (
        <DataTable
          label={`Table ${name}`}
          rowCount={places.length}
          rowAt={rowAt}
          rowKey={(row) => String(row.place)}
          columns={sized}
          rowHeightPx={rowHeightPx}
          sort={order && { id: String(order.column), isDescending: order.isDescending }}
          onSort={({ id, isDescending }) => setView({ order: `${isDescending ? "-" : "+"}${id}` })}
          onResize={(id, widthPx) => setWidths((before) => ({ ...before, [id]: widthPx }))}
          onOpen={(row) => setOpen(places.indexOf(row.place))}
        />
      )}
      {opened && open !== null && (
        <Dialog
          title={`Row ${formatNumber(opened.place + 1)}`}
          onClose={() => setOpen(null)}
          actions={
            <>
              <Button disabled={open === 0} onClick={() => setOpen(open - 1)}>
                Row before
              </Button>
              <Button disabled={open >= places.length - 1} onClick={() => setOpen(open + 1)}>
                Next row
              </Button>
            </>
          }
        >
          <WholeRow table={table} files={files} cells={opened.cells} />
        </Dialog>
      )}
      {large && (
        <OpenedCell
          key={`${large.place} ${large.column}`}
          label={large.column}
          from={`row ${formatNumber(large.place + 1)}`}
          column={large.column}
          cell={large.cell}
          table={table}
          files={files}
          onClose={() => setLarge(null)}
        />
      )}
    </>
  );
}

interface Large {
  place: number;
  column: string;
  cell: MediaCell;
}

const cellsAtMost = 300;

function WholeRow({ table, files, cells }: { table: RunTable; files: RunFiles; cells: unknown[] }) {
  return (
    <dl className="row-cells" tabIndex={0}>
      {table.columns.slice(0, cellsAtMost).map((title, at) => {
        const media = mediaCellOf(cells[at]);
        return (
          <div key={at}>
            <dt>
              <bdi>{title}</bdi>
            </dt>
            <dd>
              {media ? (
                <WholeMedia label={title} column={title} cell={media} table={table} files={files} />
              ) : (
                <bdi>{wholeText(cells[at]).slice(0, 100_000)}</bdi>
              )}
            </dd>
          </div>
        );
      })}
      {table.columns.length > cellsAtMost && (
        <p className="run-facts">and {formatNumber(table.columns.length - cellsAtMost)} columns more</p>
      )}
    </dl>
  );
}

function arrange(table: RunTable, filter: string, order: string): { places: number[]; fault: string | null } {
  try {
    return { places: arranged(table, filter, orderOf(order)), fault: null };
  } catch (error) {
    return { places: [], fault: error instanceof Error ? error.message : String(error) };
  }
}

const countOf = (table: RunTable, shown: number) =>
  `${shown === table.rows.length ? "" : `${formatNumber(shown)} of `}${formatCount(table.rows.length, "row")}, ${formatCount(table.columns.length, "column")}`;

const lookedAt = 50;
const pxPerLetter = 7.2;

/** As the row was logged; it stays in sight while the others scroll aside. */
const numberColumn: TableColumn<Row> = {
  id: "row",
  title: "row",
  widthPx: 76,
  isPinned: true,
  align: "end",
  text: (row) => formatNumber(row.place + 1),
};

const sampleOf = (table: RunTable, column: number) => table.rows.slice(0, lookedAt).map((row) => row[column]);

/** Of the tallest medium among the first rows. */
function heightOf(table: RunTable): number {
  const media = table.columns.flatMap((_, column) => sampleOf(table, column).map(mediaCellOf));
  return media.reduce((most, cell) => (cell ? Math.max(most, mediaHeightPx[cell.kind]) : most), rowPx);
}

const rowPx = 34;

function columnOf(
  table: RunTable,
  title: string,
  at: number,
  files: RunFiles,
  onLarge: (large: Large) => void,
): TableColumn<Row> {
  const sample = sampleOf(table, at);
  const media = sample.flatMap((cell) => mediaCellOf(cell) ?? []);
  if (media.length > 0)
    return {
      id: String(at),
      title,
      widthPx: Math.max(...media.map(({ kind }) => mediaWidthPx[kind])),
      hint: (row) => mediaCellOf(row.cells[at])?.item.caption ?? "",
      render: (row) => {
        const cell = mediaCellOf(row.cells[at]);
        if (cell === null) return cellText(row.cells[at]);
        const label = `${title} of row ${row.place + 1}`;
        const onOpen = () => onLarge({ place: row.place, column: title, cell });
        return <MediaCellView label={label} cell={cell} files={files} onOpen={onOpen} />;
      },
    };
  const isNumeric =
    sample.some((cell) => cell != null) && sample.every((cell) => cell == null || isNumber(cell));
  const longest = sample.reduce<number>((most, cell) => Math.max(most, cellText(cell).length), title.length);
  return {
    id: String(at),
    title,
    widthPx: Math.round(Math.min(380, Math.max(80, 44 + pxPerLetter * longest))),
    isSortable: true,
    align: isNumeric ? "end" : "start",
    text: (row) => cellText(row.cells[at]),
    hint: (row) => wholeText(row.cells[at]),
  };
}

const isNumber = (cell: unknown) => typeof cell !== "boolean" && numberOf(cell) !== null;
const cellText = (cell: unknown) => formatValue(cell).slice(0, 300);
const wholeText = (cell: unknown) =>
  typeof cell === "number"
    ? String(cell)
    : cell !== null && typeof cell === "object"
      ? JSON.stringify(cell, null, 2)
      : formatValue(cell);
