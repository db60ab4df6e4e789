// A table of any size: only the rows and columns in sight are in the page. Header and pinned columns stay.
import { useCallback, useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useShortcuts } from "@/shared/shortcuts";
import { columnsBetween, layoutOf } from "./layout";
import { TableHeader } from "./TableHeader";
import { TableRow } from "./TableRow";
import type { TableColumn, TableSort } from "./types";
import "./table.css";

export interface DataTableProps<Row> {
  label: string;
  rowCount: number;
  /** The row at a place; undefined while it is on its way. */
  rowAt: (index: number) => Row | undefined;
  rowKey: (row: Row) => string;
  columns: TableColumn<Row>[];
  sort?: TableSort | null;
  onSort?: (sort: TableSort) => void;
  onResize?: (id: string, widthPx: number) => void;
  /** Opens a title's menu: hide, pin and whatever else the page offers. */
  onHeaderMenu?: (id: string, by: HTMLElement) => void;
  /** Given where rows can be ticked. */
  selection?: ReadonlySet<string>;
  onSelect?: (key: string, isSelected: boolean, index: number, isRange: boolean) => void;
  onOpen?: (row: Row) => void;
  onActive?: (row: Row | undefined) => void;
  /** The row under the pointer, and the one that another view of the same rows points at. */
  onHover?: (key: string | null) => void;
  highlightKey?: string | null;
  /** Which places are in sight: the page fetches them. */
  onVisible?: (first: number, last: number) => void;
  rowHeightPx?: number;
}

const tickWidthPx = 36;
const overscan = 10;
/** Drawn beside what is in sight, so that only every so many pixels aside all rows render anew. */
const asidePx = 200;

export function DataTable<Row>(props: DataTableProps<Row>) {
  const {
    rowCount,
    rowAt,
    rowKey,
    columns,
    selection,
    onSelect,
    onOpen,
    onVisible,
    onActive,
    rowHeightPx = 34,
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const leadPx = selection ? tickWidthPx : 0;
  const layout = useMemo(() => layoutOf(columns, leadPx), [columns, leadPx]);
  const [active, setActive] = useState(-1);
  const [sight, setSight] = useState({ leftPx: 0, widthPx: 1200 });
  const [first, end] = columnsBetween(
    layout,
    layout.pinnedWidthPx + sight.leftPx - asidePx,
    sight.leftPx + sight.widthPx + asidePx,
  );
  const rows = useVirtualizer({
    count: rowCount,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan,
  });
  const items = rows.getVirtualItems();
  const [from, to] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];

  useEffect(() => onVisible?.(from, to), [from, to, onVisible]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const measure = () =>
      setSight((before) =>
        Math.abs(before.leftPx - box.scrollLeft) < asidePx && before.widthPx === box.clientWidth
          ? before
          : { leftPx: box.scrollLeft, widthPx: box.clientWidth },
      );
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    box.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", measure);
    };
  }, []);

  const go = useCallback(
    (index: number) => {
      const place = Math.max(0, Math.min(rowCount - 1, index));
      setActive(place);
      rows.scrollToIndex(place);
      onActive?.(rowAt(place));
    },
    [rowCount, rows, rowAt, onActive],
  );
  const open = (index: number) => {
    const row = rowAt(index);
    if (row !== undefined) onOpen?.(row);
  };
  const tick = (index: number) => {
    const row = rowAt(index);
    if (row === undefined || !selection) return;
    onSelect?.(rowKey(row), !selection.has(rowKey(row)), index, false);
  };
  useShortcuts([
    { keys: "j", says: "Next row", run: () => go(active + 1) },
    { keys: "k", says: "Row before", run: () => go(active - 1) },
    { keys: "o", says: "Open the row", run: () => open(active) },
    ...(selection ? [{ keys: "x", says: "Tick the row", run: () => tick(active) }] : []),
  ]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.floor((scroller.current?.clientHeight ?? 400) / rowHeightPx) - 1;
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = moves[event.key];
    if (step !== undefined) go(active + step);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(rowCount - 1);
    else if (event.key === "Enter") open(active);
    else if (event.key === " ") tick(active);
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      className="table"
      role="grid"
      aria-label={props.label}
      aria-rowcount={rowCount + 1}
      aria-colcount={columns.length + (selection ? 1 : 0)}
      tabIndex={0}
      {...(active >= 0 ? { "aria-activedescendant": `${id}-${active}` } : {})}
      onKeyDown={onKeyDown}
      onPointerLeave={() => props.onHover?.(null)}
    >
      <TableHeader {...props} layout={layout} first={first} end={end} leadPx={leadPx} />
      <div
        className="table-body"
        role="rowgroup"
        style={{ height: rows.getTotalSize(), width: layout.widthPx }}
      >
        {items.map((item) => {
          const row = rowAt(item.index);
          const key = row === undefined ? null : rowKey(row);
          return (
            <TableRow
              key={item.key}
              id={`${id}-${item.index}`}
              row={row}
              index={item.index}
              layout={layout}
              first={first}
              end={end}
              topPx={item.start}
              heightPx={rowHeightPx}
              isActive={item.index === active}
              isSelected={key !== null && (selection?.has(key) ?? false)}
              isHighlighted={key !== null && key === props.highlightKey}
              onHover={props.onHover}
              leadPx={leadPx}
              onOpen={onOpen}
              onSelect={onSelect}
              rowKey={rowKey}
            />
          );
        })}
      </div>
    </div>
  );
}
