// A row is two parts: what is pinned lies in a pane that stays while the rest scrolls aside. One pane is one layer to
// the browser; a sticky cell in each row would be one layer each. Both parts are rows of one index to assistive
// technology, which joins them by the columns' indices.
import { memo, type CSSProperties } from "react";
import { mayBeCut, slotsOf, type Placed, type TableLayout } from "./layout";

interface PartProps<Row> {
  /** Of one part alone: the first there is. */
  id: string;
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
  /** So many columns are in sight at most. */
  pool: number;
  /** The column whose slot is first in the page. */
  start: number;
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
      data-waiting={row === undefined}
      style={{ height: props.heightPx, top: props.topPx }}
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
      {layout.pinned.map((placed, at) =>
        cellOf(placed, row, index, at + (leadPx > 0 ? 2 : 1), placed.column.id),
      )}
    </div>
  );
}

function Scrolled<R>(props: ScrolledPartProps<R>) {
  const { row, index, layout, first, end, pool, start, leadPx } = props;
  const before = layout.pinned.length + (leadPx > 0 ? 2 : 1);
  return (
    <div
      {...(layout.pinnedWidthPx === 0 ? { id: props.id, "data-active": props.isActive } : {})}
      className="table-row"
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-index={index}
      data-highlighted={props.isHighlighted}
      data-waiting={row === undefined}
      style={{ height: props.heightPx, top: props.topPx }}
    >
      {slotsOf(first, end, pool, start).map((at) => {
        const placed = layout.scrolled[at];
        return placed && cellOf(placed, row, index, before + at, at % pool);
      })}
    </div>
  );
}

const paddingPx = 20;

function cellOf<R>(
  { column, leftPx }: Placed<R>,
  row: R | undefined,
  index: number,
  place: number,
  key: string | number,
) {
  // A row on its way has the same elements, empty.
  const text = column.text && (row === undefined ? "" : column.text(row));
  const style: CSSProperties = { left: leftPx, width: column.widthPx };
  return (
    <div
      key={key}
      className="table-cell"
      role="gridcell"
      aria-colindex={place}
      data-align={column.align}
      data-cut={text === undefined || mayBeCut(text, column.widthPx - paddingPx)}
      style={style}
    >
      {text ?? (row === undefined ? null : column.render?.(row, index))}
    </div>
  );
}
