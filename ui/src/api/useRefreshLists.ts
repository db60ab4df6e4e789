// Lists and single runs follow the live events: what an event names is asked again, at most once a second each.
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { LiveBatch } from "./live";
import { projectKeys } from "./projects";
import { runKeys } from "./runs";
import { useLive } from "./useLive";

const gatheredMs = 1000;

export function useRefreshLists(): void {
  const client = useQueryClient();
  const waiting = useRef(new Map<string, QueryKey>());
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
    },
    [],
  );
  useLive((batch) => {
    if (!batch.isComplete) {
      void client.invalidateQueries();
      return;
    }
    for (const key of keysOf(batch)) waiting.current.set(JSON.stringify(key), key);
    if (timer.current !== null || waiting.current.size === 0) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      const keys = [...waiting.current.values()];
      waiting.current.clear();
      for (const queryKey of keys) void client.invalidateQueries({ queryKey });
    }, gatheredMs);
  });
}

function keysOf(batch: LiveBatch): QueryKey[] {
  return batch.events.flatMap((event) => {
    const of = [runKeys.one(event), runKeys.pages(event)];
    return event.kind === "lines" ? of : [...of, projectKeys.all];
  });
}
