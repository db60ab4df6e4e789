// What of a table is in sight. Moves in steps of some rows and pixels, so that most frames of scrolling render nothing;
// reaches further to where one scrolls.
import { useEffect, useState, type RefObject } from "react";
import { flushSync } from "react-dom";

export interface Sight {
  firstRow: number;
  /** Behind the last. Always as many rows after the first, so that elements are used again for the rows that come. */
  endRow: number;
  leftPx: number;
  widthPx: number;
}

export interface Box {
  topPx: number;
  leftPx: number;
  heightPx: number;
  widthPx: number;
}

const stepRows = 4;
const behindRows = 4;
const aheadRows = 12;
export const stepPx = 160;

export function useSight(scroller: RefObject<HTMLDivElement | null>, rowHeightPx: number): Sight {
  const [sight, setSight] = useState<Sight>({ firstRow: 0, endRow: 40, leftPx: 0, widthPx: 1280 });
  useEffect(() => {
    const box = scroller.current;
    if (!box) return;
    let shown: Sight | null = null;
    let isDown = true;
    const size = { heightPx: 0, widthPx: 0 };
    const place = { topPx: box.scrollTop, leftPx: box.scrollLeft };
    const show = (now: (change: () => void) => void) => {
      const next = sightOf({ ...place, ...size }, rowHeightPx, isDown);
      if (shown !== null && isSame(shown, next)) return;
      shown = next;
      now(() => setSight(next));
    };
    const onScroll = () => {
      const beforePx = place.topPx;
      Object.assign(place, { topPx: box.scrollTop, leftPx: box.scrollLeft });
      if (place.topPx !== beforePx) isDown = place.topPx > beforePx;
      // Within the frame that scrolls; a frame later the browser would lay out once more.
      show(flushSync);
    };
    // Told by the browser, never asked for while scrolling.
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      Object.assign(size, { heightPx: entry.contentRect.height, widthPx: entry.contentRect.width });
      show((change) => change());
    });
    observer.observe(box);
    box.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      box.removeEventListener("scroll", onScroll);
    };
  }, [scroller, rowHeightPx]);
  return sight;
}

export function sightOf(
  { topPx, leftPx, heightPx, widthPx }: Box,
  rowHeightPx: number,
  isDown: boolean,
): Sight {
  const first = Math.floor(topPx / rowHeightPx / stepRows) * stepRows;
  const shown = (Math.ceil(heightPx / rowHeightPx / stepRows) + 1) * stepRows;
  const firstRow = Math.max(0, first - (isDown ? behindRows : aheadRows));
  return {
    firstRow,
    endRow: firstRow + behindRows + shown + aheadRows,
    leftPx: Math.floor(leftPx / stepPx) * stepPx,
    widthPx: Math.ceil(widthPx / stepPx) * stepPx,
  };
}

const isSame = (a: Sight, b: Sight) =>
  a.firstRow === b.firstRow && a.endRow === b.endRow && a.leftPx === b.leftPx && a.widthPx === b.widthPx;
