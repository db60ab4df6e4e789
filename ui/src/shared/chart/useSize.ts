import { useLayoutEffect, useState, type RefObject } from "react";

/** Width and height of an element in CSS pixels, as they change; 0 before it is in the page. */
export function useSize(element: RefObject<HTMLElement | null>): [number, number] {
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useLayoutEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const measure = () => setSize([measured.clientWidth, measured.clientHeight]);
    // Before the first paint; the observer would be a frame late.
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
