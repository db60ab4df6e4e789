import { useEffect } from "react";
import { useLatest } from "@/shared/useLatest";
import { onLive, type LiveBatch } from "./live";

/** Calls `take` once a frame with what changed, as long as the component is there. */
export function useLive(take: (batch: LiveBatch) => void): void {
  const latest = useLatest(take);
  useEffect(() => onLive((batch) => latest.current(batch)), [latest]);
}
