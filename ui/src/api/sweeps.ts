// Sweeps: the list of a project, and one with its trials, kept fresh while its trials run.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { stopRun } from "./runs";
import type { LiveEvent } from "./live";
import type { components } from "./schema";
import type { ProjectRef } from "./types";
import { unheard, useRefreshed } from "./useRefreshed";

export type Sweep = components["schemas"]["SweepAnswer"];
export type SweepDetail = components["schemas"]["SweepDetail"];
export type SweepState = components["schemas"]["WantedState"];
export type TrialAnswer = components["schemas"]["TrialAnswer"];
export type ParameterImportance = components["schemas"]["ParameterImportance"];

export const sweepKeys = {
  list: (at: ProjectRef) => ["sweeps", at.entity, at.project] as const,
  one: (at: ProjectRef, id: string) => ["sweep", at.entity, at.project, id] as const,
};

const gatheredMs = 2000;

export function useSweeps(at: ProjectRef) {
  useRefreshed(isAnyOf(at), [sweepKeys.list(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: sweepKeys.list(at),
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/sweeps", { path: { ...at }, signal })).sweeps,
  });
}

export function useSweep(at: ProjectRef, id: string) {
  useRefreshed(isAnyOf(at), [sweepKeys.one(at, id)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: sweepKeys.one(at, id),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/sweeps/{id}", { path: { ...at, id }, signal }),
  });
}

/** Has the script of one trial interrupted at its next upload. */
export function useStopTrial(at: ProjectRef, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (run: string) => stopRun({ ...at, run }),
    onSettled: () => client.invalidateQueries({ queryKey: sweepKeys.one(at, id) }),
  });
}

/** Pauses, resumes, ends or cancels; the list and the sweep are asked again. */
export function useChangeSweep(at: ProjectRef, id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (state: SweepState) =>
      call("post", "/api/v1/projects/{entity}/{project}/sweeps/{id}/state", {
        path: { ...at, id },
        body: { state },
      }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: sweepKeys.one(at, id) });
      await client.invalidateQueries({ queryKey: sweepKeys.list(at) });
    },
  });
}

// A trial that logs makes its sweep old; which run is whose only the answer says, so any run of the project does.
function isAnyOf(at: ProjectRef) {
  return (event: LiveEvent) => event.entity === at.entity && event.project === at.project;
}
