// While a table is scrolled its elements stay where they are in the page and show other rows; once it rests they are
// put into the order of what they show, which is the order in which a page is read aloud.
import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from "react";

const restMs = 150;

export interface Settled {
  /** The row and the column that come first in the page. */
  row: number;
  column: number;
}

export function useSettled(scroller: RefObject<HTMLElement | null>, row: number, column: number): Settled {
  const [settled, setSettled] = useState<Settled>({ row: 0, column: 0 });
  const focused = useRef<HTMLElement | null>(null);
  const scrolledAt = useRef(-Infinity);
  useEffect(() => {
    const box = scroller.current;
    const onScroll = ({ timeStamp }: Event) => (scrolledAt.current = timeStamp);
    box?.addEventListener("scroll", onScroll, { passive: true });
    return () => box?.removeEventListener("scroll", onScroll);
  }, [scroller]);
  useEffect(() => {
    if (settled.row === row && settled.column === column) return;
    let timer: ReturnType<typeof setTimeout>;
    const settle = () => {
      const isScrolled = performance.now() - scrolledAt.current < restMs;
      // What is moved in the page stops to play.
      if (isScrolled || isPlaying(scroller.current)) return void (timer = setTimeout(settle, restMs));
      const active = document.activeElement;
      focused.current = active instanceof HTMLElement && scroller.current?.contains(active) ? active : null;
      setSettled({ row, column });
    };
    timer = setTimeout(settle, restMs);
    return () => clearTimeout(timer);
  }, [scroller, row, column, settled]);
  // Nor does it keep the focus.
  useLayoutEffect(() => {
    if (focused.current?.isConnected && document.activeElement !== focused.current)
      focused.current.focus({ preventScroll: true });
    focused.current = null;
  }, [settled]);
  return settled;
}

const isPlaying = (box: HTMLElement | null) =>
  [...(box?.querySelectorAll<HTMLMediaElement>("audio, video") ?? [])].some((medium) => !medium.paused);
