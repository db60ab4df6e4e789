// Artifacts: collections, versions, what they were made from and used for.
import { useMutation, useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";
import { runKeys } from "./runs";
import type { ProjectRef, RunRef } from "./types";

type Schemas = components["schemas"];

export type Collection = Schemas["CollectionAnswer"];
export type Version = Schemas["VersionAnswer"];
export type Artifact = Schemas["ArtifactAnswer"];
export type ArtifactFile = Schemas["ArtifactFile"];
export type ArtifactReference = Schemas["ArtifactReference"];
export type RunArtifact = Schemas["RunArtifact"];
export type RunArtifacts = Schemas["RunArtifacts"];
export type RunReference = Schemas["RunReference"];

export interface CollectionRef extends ProjectRef {
  type: string;
  name: string;
}
export interface VersionRef extends CollectionRef {
  version: string;
}

export const artifactKeys = {
  all: (at: ProjectRef) => ["artifacts", at.entity, at.project] as const,
  versions: (at: CollectionRef) => ["artifacts", at.entity, at.project, at.type, at.name] as const,
  one: (at: VersionRef) => ["artifacts", at.entity, at.project, at.type, at.name, at.version] as const,
};

const mostVersions = 1000;

export function useArtifacts(at: ProjectRef) {
  return useQuery({
    queryKey: artifactKeys.all(at),
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/artifacts", { path: { ...at }, signal })).types,
  });
}

export function useVersions(at: CollectionRef) {
  return useQuery({
    queryKey: artifactKeys.versions(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}", {
        path: { ...at },
        query: { limit: mostVersions },
        signal,
      }),
  });
}

const artifactQuery = (at: VersionRef) => ({
  queryKey: artifactKeys.one(at),
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    call("get", "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}", {
      path: { ...at },
      signal,
    }),
});

export function useArtifact(at: VersionRef) {
  return useQuery(artifactQuery(at));
}

export const fetchArtifact = (at: VersionRef, signal: AbortSignal): Promise<Artifact> =>
  artifactQuery(at).queryFn({ signal });

export const fetchRunArtifacts = (at: RunRef, signal: AbortSignal): Promise<RunArtifacts> =>
  call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/artifacts", { path: { ...at }, signal });

/** What a run logged and used. */
export function useRunArtifacts(at: RunRef) {
  return useQuery({
    queryKey: [...runKeys.one(at), "artifacts"],
    queryFn: ({ signal }) => fetchRunArtifacts(at, signal),
  });
}

/** The runs that used any of these versions, each once; empty while they are on their way. */
export function useUsers(versions: readonly ArtifactReference[]): RunReference[] {
  return useQueries({ queries: versions.map((one) => artifactQuery(one)), combine: usersOf });
}

function usersOf(results: { data: Artifact | undefined }[]): RunReference[] {
  const users = results.flatMap((result) => result.data?.used_by ?? []);
  return [...new Map(users.map((run) => [`${run.entity}/${run.project}/${run.name}`, run])).values()];
}

export type LabelKind = "alias" | "tag";
export interface LabelChange {
  kind: LabelKind;
  label: string;
  isAdded: boolean;
}

const base = "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}";

function changeLabel(at: VersionRef, { kind, label, isAdded }: LabelChange): Promise<Artifact> {
  const path = { ...at, label };
  if (kind === "alias")
    return isAdded
      ? call("post", `${base}/aliases`, { path, body: { alias: label } })
      : call("delete", `${base}/aliases/{label}`, { path });
  return isAdded
    ? call("post", `${base}/tags`, { path, body: { tag: label } })
    : call("delete", `${base}/tags/{label}`, { path });
}

/** Adds or removes an alias or a tag; every list that shows it is fetched anew. */
export function useLabelChange(at: VersionRef) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: LabelChange) => changeLabel(at, change),
    onSettled: () => client.invalidateQueries({ queryKey: artifactKeys.all(at) }),
  });
}
