import { memo, type CSSProperties, type PointerEvent } from "react";
import type { Placed, TableLayout } from "./layout";
import type { TableSort } from "./types";

export interface TitleActions {
  onSort?: (sort: TableSort) => void;
  onResize?: (id: string, widthPx: number) => void;
  onHeaderMenu?: (id: string, by: HTMLElement) => void;
}

export interface TableHeaderProps<Row> {
  layout: TableLayout<Row>;
  first: number;
  end: number;
  leadPx: number;
  sort: TableSort | null;
  actions: TitleActions;
}

const narrowestPx = 56;

// Scrolling up and down changes nothing of it.
export const TableHeader = memo(Header) as typeof Header;

function Header<Row>(props: TableHeaderProps<Row>) {
  const { layout, first, end, leadPx } = props;
  const skippedPx = (layout.scrolled[first]?.leftPx ?? layout.pinnedWidthPx) - layout.pinnedWidthPx;
  return (
    <div className="table-head" role="rowgroup" style={{ width: layout.widthPx }}>
      <div className="table-head-row" role="row" aria-rowindex={1}>
        {leadPx > 0 && (
          <div
            className="table-title table-tick"
            role="columnheader"
            aria-colindex={1}
            style={{ width: leadPx }}
          >
            <span className="hidden-text">Ticked</span>
          </div>
        )}
        {layout.pinned.map((placed, at) => (
          <Title key={placed.column.id} {...props} placed={placed} place={at} isPinned />
        ))}
        {skippedPx > 0 && <div className="table-skipped" style={{ width: skippedPx }} role="presentation" />}
        {layout.scrolled.slice(first, end).map((placed, at) => (
          <Title
            key={placed.column.id}
            {...props}
            placed={placed}
            place={layout.pinned.length + first + at}
          />
        ))}
      </div>
    </div>
  );
}

interface TitleProps<Row> extends TableHeaderProps<Row> {
  placed: Placed<Row>;
  place: number;
  isPinned?: boolean;
}

function Title<Row>({
  placed,
  place,
  isPinned = false,
  leadPx,
  sort,
  actions: { onSort, onResize, onHeaderMenu },
}: TitleProps<Row>) {
  const { column, leftPx } = placed;
  const direction = sort?.id === column.id ? (sort.isDescending ? "descending" : "ascending") : "none";
  const style: CSSProperties = { width: column.widthPx, ...(isPinned ? { left: leftPx } : {}) };
  const text = (
    <>
      {column.group !== undefined && <small>{column.group}</small>}
      <bdi>{column.title}</bdi>
    </>
  );
  return (
    <div
      className="table-title"
      role="columnheader"
      aria-colindex={place + (leadPx > 0 ? 2 : 1)}
      aria-sort={direction}
      data-align={column.align ?? "start"}
      data-pinned={isPinned}
      style={style}
    >
      {column.isSortable && onSort ? (
        <button
          type="button"
          className="table-sort"
          title={column.title}
          onClick={() => onSort({ id: column.id, isDescending: direction !== "descending" })}
        >
          {text}
          {direction !== "none" && <span aria-hidden="true">{direction === "descending" ? "↓" : "↑"}</span>}
        </button>
      ) : (
        <span className="table-sort" title={column.title}>
          {text}
        </span>
      )}
      {onHeaderMenu && (
        <button
          type="button"
          className="table-menu"
          aria-label={`Column ${column.title}: more`}
          onClick={(event) => onHeaderMenu(column.id, event.currentTarget)}
        >
          ⋯
        </button>
      )}
      {onResize && (
        <span
          className="table-resize"
          aria-hidden="true"
          onPointerDown={(event) => resize(event, column.widthPx, (widthPx) => onResize(column.id, widthPx))}
        />
      )}
    </div>
  );
}

function resize(event: PointerEvent<HTMLElement>, widthPx: number, set: (widthPx: number) => void): void {
  event.preventDefault();
  const [handle, startX] = [event.currentTarget, event.clientX];
  handle.setPointerCapture(event.pointerId);
  const onMove = (move: globalThis.PointerEvent) =>
    set(Math.max(narrowestPx, widthPx + move.clientX - startX));
  handle.addEventListener("pointermove", onMove);
  handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", onMove), {
    once: true,
  });
}
