// What of a table is in sight. Moves in steps of some rows and pixels, so that most frames of scrolling render nothing.
import { useCallback, useEffect, useState, type RefObject } from "react";

export interface Sight {
  firstRow: number;
  /** Behind the last. */
  endRow: number;
  leftPx: number;
  widthPx: number;
}

const stepRows = 4;
const overscanRows = 8;
export const stepPx = 160;

export function useSight(scroller: RefObject<HTMLDivElement | null>, rowHeightPx: number): Sight {
  const [sight, setSight] = useState<Sight>({ firstRow: 0, endRow: 40, leftPx: 0, widthPx: 1200 });
  const measure = useCallback(() => {
    const box = scroller.current;
    if (!box) return;
    const next = sightOf(box.scrollTop, box.scrollLeft, box.clientHeight, box.clientWidth, rowHeightPx);
    setSight((before) => (isSame(before, next) ? before : next));
  }, [scroller, rowHeightPx]);
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    box.addEventListener("scroll", measure, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", measure);
    };
  }, [scroller, measure]);
  return sight;
}

export function sightOf(
  topPx: number,
  leftPx: number,
  heightPx: number,
  widthPx: number,
  rowHeightPx: number,
): Sight {
  const first = Math.floor(topPx / rowHeightPx / stepRows) * stepRows;
  const shown = Math.ceil(heightPx / rowHeightPx / stepRows) * stepRows;
  return {
    firstRow: Math.max(0, first - overscanRows),
    endRow: first + shown + stepRows + overscanRows,
    leftPx: Math.floor(leftPx / stepPx) * stepPx,
    widthPx: Math.ceil(widthPx / stepPx) * stepPx,
  };
}

const isSame = (a: Sight, b: Sight) =>
  a.firstRow === b.firstRow && a.endRow === b.endRow && a.leftPx === b.leftPx && a.widthPx === b.widthPx;
