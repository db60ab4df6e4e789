import { useEffect, useRef } from "react";

/** The newest value for callbacks that live longer than one rendering. */
export function useLatest<T>(value: T) {
  const latest = useRef(value);
  useEffect(() => {
    latest.current = value;
  });
  return latest;
}
