import { memo, type CSSProperties } from "react";
import type { Placed, TableLayout } from "./layout";

export interface TableRowProps<Row> {
  id: string;
  row: Row | undefined;
  index: number;
  layout: TableLayout<Row>;
  first: number;
  end: number;
  topPx: number;
  heightPx: number;
  leadPx: number;
  isActive: boolean;
  isSelected: boolean;
  isHighlighted: boolean;
  rowKey: (row: Row) => string;
  onOpen: ((row: Row) => void) | undefined;
  onHover: ((key: string) => void) | undefined;
  onSelect: ((key: string, isSelected: boolean, index: number, isRange: boolean) => void) | undefined;
}

// While scrolling only rows that come into sight render: all properties of the others stay the same.
export const TableRow = memo(Row) as typeof Row;

function Row<R>(props: TableRowProps<R>) {
  const { row, index, layout, first, end, leadPx } = props;
  const skippedPx = (layout.scrolled[first]?.leftPx ?? layout.pinnedWidthPx) - layout.pinnedWidthPx;
  return (
    <div
      id={props.id}
      className="table-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-active={props.isActive}
      data-highlighted={props.isHighlighted}
      style={{ height: props.heightPx, width: layout.widthPx, transform: `translateY(${props.topPx}px)` }}
      onDoubleClick={() => row !== undefined && props.onOpen?.(row)}
      onPointerEnter={() => row !== undefined && props.onHover?.(props.rowKey(row))}
    >
      {leadPx > 0 && (
        <div className="table-cell table-tick" role="gridcell" aria-colindex={1} style={{ width: leadPx }}>
          <input
            type="checkbox"
            aria-label={`Tick row ${index + 1}`}
            tabIndex={-1}
            disabled={row === undefined}
            checked={props.isSelected}
            onChange={(event) =>
              row !== undefined &&
              props.onSelect?.(
                props.rowKey(row),
                event.target.checked,
                index,
                event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey,
              )
            }
          />
        </div>
      )}
      {layout.pinned.map((placed, at) => (
        <Cell
          key={placed.column.id}
          placed={placed}
          row={row}
          index={index}
          place={at}
          leadPx={leadPx}
          isPinned
        />
      ))}
      {skippedPx > 0 && <div className="table-skipped" style={{ width: skippedPx }} role="presentation" />}
      {layout.scrolled.slice(first, end).map((placed, at) => (
        <Cell
          key={placed.column.id}
          placed={placed}
          row={row}
          index={index}
          place={layout.pinned.length + first + at}
          leadPx={leadPx}
        />
      ))}
    </div>
  );
}

interface CellProps<R> {
  placed: Placed<R>;
  row: R | undefined;
  index: number;
  place: number;
  leadPx: number;
  isPinned?: boolean;
}

function Cell<R>({ placed, row, index, place, leadPx, isPinned = false }: CellProps<R>) {
  const { column, leftPx } = placed;
  const style: CSSProperties = { width: column.widthPx, ...(isPinned ? { left: leftPx } : {}) };
  return (
    <div
      className="table-cell"
      role="gridcell"
      aria-colindex={place + (leadPx > 0 ? 2 : 1)}
      data-align={column.align ?? "start"}
      data-pinned={isPinned}
      style={style}
    >
      {row === undefined ? <span className="table-waiting" aria-hidden="true" /> : column.render(row, index)}
    </div>
  );
}
