import { useEffect, useState, type RefObject } from "react";

/** Width and height of an element in CSS pixels, as they change; 0 before it is measured. */
export function useSize(element: RefObject<HTMLElement | null>): [number, number] {
  const [size, setSize] = useState<[number, number]>([0, 0]);
  useEffect(() => {
    const measured = element.current;
    if (!measured) return;
    const observer = new ResizeObserver(() => setSize([measured.clientWidth, measured.clientHeight]));
    observer.observe(measured);
    return () => observer.disconnect();
  }, [element]);
  return size;
}
