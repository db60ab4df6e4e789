// A table of any size: only the rows and columns in sight are in the page. Header and pinned columns stay.
import {
  useCallback,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
} from "react";
import { useLatest } from "@/shared/useLatest";
import { useShortcuts } from "@/shared/shortcuts";
import { columnsBetween, layoutOf, mostColumnsBetween, slotsOf } from "./layout";
import { TableHeader, type TitleActions } from "./TableHeader";
import { PinnedPart, ScrolledPart } from "./TableRow";
import type { TableColumn, TableSort } from "./types";
import { useSettled } from "./useSettled";
import { stepPx, useSight } from "./useSight";
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
const headPx = 37;

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
  const sight = useSight(scroller, rowHeightPx);
  const [first, end] = columnsBetween(
    layout,
    layout.pinnedWidthPx + sight.leftPx,
    sight.leftPx + sight.widthPx + stepPx,
  );
  const from = Math.min(sight.firstRow, Math.max(0, rowCount - 1));
  const to = Math.min(sight.endRow, rowCount);
  // Elements are used again for the rows and columns that come: the key is the place among those in sight.
  const rowPool = sight.endRow - sight.firstRow;
  const columnPool = useMemo(
    () => mostColumnsBetween(layout, sight.widthPx - layout.pinnedWidthPx + stepPx),
    [layout, sight.widthPx],
  );
  const settled = useSettled(scroller, from, first);
  const stripes = useRef<HTMLDivElement[]>([]);

  useEffect(() => onVisible?.(from, Math.max(from, to - 1)), [from, to, onVisible]);
  const onHover = (event: MouseEvent) => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>(".table-cell") : null;
    const index = Number(cell?.parentElement?.dataset["index"] ?? -1);
    // One pane may not be there: `forEach` leaves its place out.
    stripes.current.forEach((stripe) => {
      stripe.hidden = index < 0;
      stripe.style.transform = `translateY(${index * rowHeightPx}px)`;
    });
    const row = index < 0 ? undefined : rowAt(index);
    props.onHover?.(row === undefined ? null : rowKey(row));
    if (!cell || row === undefined) return;
    const place = Number(cell.getAttribute("aria-colindex")) - (selection ? 2 : 1);
    const column = [...layout.pinned, ...layout.scrolled][place]?.column;
    const hint = column?.hint?.(row) ?? column?.text?.(row);
    if (hint !== undefined) cell.title = hint.slice(0, 500);
  };
  const stripe = (at: number) => (
    <div
      ref={(element) => {
        if (element) stripes.current[at] = element;
      }}
      className="table-stripe"
      style={{ height: rowHeightPx }}
      hidden
    />
  );

  const go = useCallback(
    (index: number) => {
      const place = Math.max(0, Math.min(rowCount - 1, index));
      setActive(place);
      scrollIntoSight(scroller.current, place, rowHeightPx);
      onActive?.(rowAt(place));
    },
    [rowCount, rowHeightPx, rowAt, onActive],
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

  const latest = useLatest(props);
  // The same function for every render, so that no row renders because of it.
  const onTick = useCallback(
    (index: number, isSelected: boolean, isRange: boolean) => {
      const { rowAt, rowKey, onSelect } = latest.current;
      const row = rowAt(index);
      if (row !== undefined) onSelect?.(rowKey(row), isSelected, index, isRange);
    },
    [latest],
  );
  const [hasSort, hasResize, hasMenu] = [props.onSort, props.onResize, props.onHeaderMenu].map(Boolean);
  const actions = useMemo<TitleActions>(
    () => ({
      ...(hasSort ? { onSort: (sort) => latest.current.onSort?.(sort) } : {}),
      ...(hasResize ? { onResize: (id, widthPx) => latest.current.onResize?.(id, widthPx) } : {}),
      ...(hasMenu ? { onHeaderMenu: (id, by) => latest.current.onHeaderMenu?.(id, by) } : {}),
    }),
    [hasSort, hasResize, hasMenu, latest],
  );
  const places = slotsOf(from, to, rowPool, settled.row);
  const partOf = (index: number) => {
    const row = rowAt(index);
    const key = row === undefined ? null : rowKey(row);
    return {
      id: `${id}-${index}`,
      row,
      index,
      layout,
      leadPx,
      topPx: index * rowHeightPx,
      heightPx: rowHeightPx,
      isActive: index === active,
      isSelected: key !== null && (selection?.has(key) ?? false),
      isHighlighted: key !== null && key === props.highlightKey,
    };
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
      style={{ "--row-height": `${rowHeightPx}px` } as CSSProperties}
      {...(active >= 0 ? { "aria-activedescendant": `${id}-${active}` } : {})}
      onKeyDown={onKeyDown}
      onPointerLeave={() => props.onHover?.(null)}
    >
      <TableHeader
        layout={layout}
        first={first}
        end={end}
        leadPx={leadPx}
        sort={props.sort ?? null}
        actions={actions}
      />
      <div
        className="table-body"
        role="rowgroup"
        style={{ height: rowCount * rowHeightPx, width: layout.widthPx }}
        onMouseOver={onHover}
        onMouseLeave={() => stripes.current.forEach((one) => (one.hidden = true))}
        onDoubleClick={(event) => {
          const row =
            event.target instanceof Element ? event.target.closest<HTMLElement>(".table-row") : null;
          open(Number(row?.dataset["index"] ?? -1));
        }}
      >
        {/* A row without a cell is none to assistive technology: a pane without columns is left out. */}
        {layout.pinnedWidthPx > 0 && (
          <div className="table-pane" role="presentation" data-pinned style={{ width: layout.pinnedWidthPx }}>
            {stripe(0)}
            {places.map((index) => (
              <PinnedPart key={index % rowPool} {...partOf(index)} onTick={onTick} />
            ))}
          </div>
        )}
        {layout.scrolled.length > 0 && (
          <div className="table-pane" role="presentation">
            {stripe(1)}
            {places.map((index) => (
              <ScrolledPart
                key={index % rowPool}
                {...partOf(index)}
                first={first}
                end={end}
                pool={columnPool}
                start={settled.column}
              />
            ))}
          </div>
        )}
      </div>
    </div>
  );
}

function scrollIntoSight(box: HTMLElement | null, place: number, rowHeightPx: number): void {
  if (!box) return;
  const topPx = place * rowHeightPx;
  if (topPx < box.scrollTop) box.scrollTop = topPx;
  else if (topPx + rowHeightPx > box.scrollTop + box.clientHeight - headPx)
    box.scrollTop = topPx + rowHeightPx - box.clientHeight + headPx;
}
