// Answers that are made of runs follow the live events: a change of a run makes them old, asked again once a while.
import { useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import type { LiveEvent } from "./live";
import { useLive } from "./useLive";

/** Of queries that are kept fresh here: events that came while no page showed them went by unheard. */
export const unheard = { staleTime: 0 };

/** Asks `keys` again, at most once in `gatheredMs`, after events that `isMeant` says are about them. */
export function useRefreshed(
  isMeant: (event: LiveEvent) => boolean,
  keys: readonly QueryKey[],
  gatheredMs: number,
): void {
  const client = useQueryClient();
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  useLive((batch) => {
    if (timer.current !== null || (batch.isComplete && !batch.events.some(isMeant))) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      for (const queryKey of keys) void client.invalidateQueries({ queryKey });
    }, gatheredMs);
  });
}

/** Rows of history leave reports and cycles as they are; files, states and configurations don't. */
export function isOfProject(at: { entity: string; project: string }) {
  return (event: LiveEvent) =>
    event.kind !== "lines" && event.entity === at.entity && event.project === at.project;
}

export function isOfRun(at: { entity: string; project: string; run: string }) {
  const isOurs = isOfProject(at);
  return (event: LiveEvent) => isOurs(event) && event.run === at.run;
}
