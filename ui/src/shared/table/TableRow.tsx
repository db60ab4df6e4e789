// A row is two parts: what is pinned lies in a pane that stays while the rest scrolls aside. One pane is one layer to
// the browser; a sticky cell in each row would be one layer each. Both parts are rows of one index to assistive
// technology, which joins them by the columns' indices.
import { memo, type CSSProperties } from "react";
import type { Placed, TableLayout } from "./layout";

interface PartProps<Row> {
  /** Of one part alone: the first there is. */
  id: string | undefined;
  row: Row | undefined;
  index: number;
  layout: TableLayout<Row>;
  leadPx: number;
  topPx: number;
  heightPx: number;
  isActive: boolean;
  isSelected: boolean;
  isHighlighted: boolean;
}

export interface PinnedPartProps<Row> extends PartProps<Row> {
  onTick: (index: number, isSelected: boolean, isRange: boolean) => void;
}

export interface ScrolledPartProps<Row> extends PartProps<Row> {
  first: number;
  end: number;
}

// While scrolling only rows that come into sight render: all properties of the others stay the same.
export const PinnedPart = memo(Pinned) as typeof Pinned;
export const ScrolledPart = memo(Scrolled) as typeof Scrolled;

function Pinned<R>(props: PinnedPartProps<R>) {
  const { row, index, layout, leadPx } = props;
  return (
    <div
      id={props.id}
      className="table-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-index={index}
      data-active={props.isActive}
      data-highlighted={props.isHighlighted}
      style={{ height: props.heightPx, transform: `translateY(${props.topPx}px)` }}
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
              props.onTick(
                index,
                event.target.checked,
                event.nativeEvent instanceof MouseEvent && event.nativeEvent.shiftKey,
              )
            }
          />
        </div>
      )}
      {layout.pinned.map((placed, at) => cellOf(placed, row, index, at + (leadPx > 0 ? 2 : 1)))}
    </div>
  );
}

function Scrolled<R>(props: ScrolledPartProps<R>) {
  const { row, index, layout, first, end, leadPx } = props;
  const before = layout.pinned.length + (leadPx > 0 ? 2 : 1);
  return (
    <div
      id={props.id}
      className="table-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-index={index}
      data-highlighted={props.isHighlighted}
      style={{ height: props.heightPx, transform: `translateY(${props.topPx}px)` }}
    >
      {layout.scrolled.slice(first, end).map((placed, at) => cellOf(placed, row, index, before + first + at))}
    </div>
  );
}

function cellOf<R>({ column, leftPx }: Placed<R>, row: R | undefined, index: number, place: number) {
  const style: CSSProperties = { left: leftPx, width: column.widthPx };
  return (
    <div
      key={column.id}
      className="table-cell"
      role="gridcell"
      aria-colindex={place}
      data-align={column.align}
      style={style}
    >
      {row === undefined ? (
        <span className="table-waiting" aria-hidden="true" />
      ) : column.text ? (
        column.text(row)
      ) : (
        column.render?.(row, index)
      )}
    </div>
  );
}
