// Runs: pages of a project's table, one run, and what a person changes of it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { ProjectRef, RunChange, RunRef } from "./types";

/** What a page of runs depends on. */
export interface RunsWanted {
  /** The wandb client's filter as JSON; null for all. */
  filters: string | null;
  /** `-created_at`, `+summary_metrics.loss`. */
  order: string;
  configKeys: string[];
  summaryKeys: string[];
}

export const runKeys = {
  pages: (at: ProjectRef) => ["runs", at.entity, at.project] as const,
  one: (at: RunRef) => ["run", at.entity, at.project, at.run] as const,
};

export function runsPage(at: ProjectRef, wanted: RunsWanted, offset: number, limit: number) {
  return {
    queryKey: [...runKeys.pages(at), wanted, offset, limit] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/runs", {
        path: { ...at },
        query: {
          ...(wanted.filters === null ? {} : { filters: wanted.filters }),
          order: wanted.order,
          offset,
          limit,
          config_keys: JSON.stringify(wanted.configKeys),
          summary_keys: JSON.stringify(wanted.summaryKeys),
        },
        signal,
      }),
  };
}

export function useRun(at: RunRef) {
  return useQuery({
    queryKey: runKeys.one(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/runs/{run}", { path: { ...at }, signal }),
  });
}

export function changeRun(at: RunRef, change: RunChange) {
  return call("patch", "/api/v1/projects/{entity}/{project}/runs/{run}", { path: { ...at }, body: change });
}

export function deleteRun(at: RunRef) {
  return call("delete", "/api/v1/projects/{entity}/{project}/runs/{run}", { path: { ...at } });
}

export function stopRun(at: RunRef) {
  return call("post", "/api/v1/projects/{entity}/{project}/runs/{run}/stop", { path: { ...at } });
}

/** A change of one run; the run and every list that shows it are fetched anew. */
export function useRunAction<Input>(at: RunRef, action: (at: RunRef, input: Input) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => action(at, input),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: runKeys.one(at) });
      await client.invalidateQueries({ queryKey: runKeys.pages(at) });
    },
  });
}
