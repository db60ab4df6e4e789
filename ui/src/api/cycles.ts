// Cycles: where each is, what was planned, decided and promoted; evidence; the registries' champions.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";
import type { ProjectRef, RunRef } from "./types";
import { isOfProject, unheard, useRefreshed } from "./useRefreshed";

type Schemas = components["schemas"];

export type Cycle = Schemas["CycleAnswer"];
export type CycleRow = Schemas["CycleRow"];
export type CycleState = Schemas["CycleState"];
export type CycleStep = Schemas["CycleStepAnswer"];
export type Confrontation = Schemas["Confrontation"];
export type Decision = Schemas["LinkedDecision"];
export type Gate = Schemas["GateResult"];
export type Plan = Schemas["Plan"];
export type Registry = Schemas["RegistryAnswer"];
export type Alias = Schemas["AliasAnswer"];
export type Move = Schemas["MoveAnswer"];
export type VerifiedEvidence = Schemas["VerifiedEvidence"];

export const cycleKeys = {
  all: (at: ProjectRef) => ["cycles", at.entity, at.project] as const,
  one: (at: RunRef) => ["cycle", at.entity, at.project, at.run] as const,
  champions: (at: ProjectRef) => ["champions", at.entity, at.project] as const,
};

const mostCycles = 1000;
const gatheredMs = 1000;

export function useCycles(at: ProjectRef) {
  useRefreshed(isOfProject(at), [cycleKeys.all(at), cycleKeys.champions(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: cycleKeys.all(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/cycles", {
        path: { ...at },
        query: { limit: mostCycles },
        signal,
      }),
  });
}

/** Its evaluations and its training are runs of the project too, which is why all of them are heard. */
export function useCycle(at: RunRef) {
  useRefreshed(isOfProject(at), [cycleKeys.one(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: cycleKeys.one(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/cycles/{run}", { path: { ...at }, signal }),
  });
}

export function useChampions(at: ProjectRef) {
  return useQuery({
    ...unheard,
    queryKey: cycleKeys.champions(at),
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/champions", { path: { ...at }, signal }))
        .registries,
  });
}

/** Recomputes every figure of the evidence from the rows inside of it. */
export function useVerification(at: RunRef) {
  return useMutation({
    mutationFn: () =>
      call("post", "/api/v1/projects/{entity}/{project}/cycles/{run}/verify", { path: { ...at } }),
  });
}

/** Gives an alias back to whoever held it before. Refused where the page no longer shows what is. */
export function useRollback(at: ProjectRef, run: string) {
  const client = useQueryClient();
  const queryKey = cycleKeys.champions(at);
  return useMutation({
    mutationFn: (wanted: Schemas["RollbackWanted"]) =>
      call("post", "/api/v1/projects/{entity}/{project}/champions/{run}/rollback", {
        path: { ...at, run },
        body: wanted,
      }),
    onSuccess: (moved) =>
      client.setQueryData<Registry[]>(queryKey, (known) =>
        known?.map((registry) => (registry.run.name === run ? moved : registry)),
      ),
    onError: () => void client.invalidateQueries({ queryKey }),
  });
}
