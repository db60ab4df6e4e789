// Artifacts: collections, versions, what they were made from and used for.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";
import type { ProjectRef } from "./types";

type Schemas = components["schemas"];

export type Collection = Schemas["CollectionAnswer"];
export type Version = Schemas["VersionAnswer"];
export type Artifact = Schemas["ArtifactAnswer"];
export type ArtifactFile = Schemas["ArtifactFile"];
export type ArtifactReference = Schemas["ArtifactReference"];

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

export function useArtifact(at: VersionRef) {
  return useQuery({
    queryKey: artifactKeys.one(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}", {
        path: { ...at },
        signal,
      }),
  });
}

export type LabelKind = "alias" | "tag";
export interface LabelChange {
  kind: LabelKind;
  label: string;
  isAdded: boolean;
}

const base = "/api/v1/projects/{entity}/{project}/artifacts/{type}/{name}/{version}";

function changeLabel(at: VersionRef, { kind, label, isAdded }: LabelChange): Promise<Artifact> {
  const path = { ...at, [kind]: label };
  if (kind === "alias")
    return isAdded
      ? call("post", `${base}/aliases`, { path, body: { alias: label } })
      : call("delete", `${base}/aliases/{alias}`, { path });
  return isAdded
    ? call("post", `${base}/tags`, { path, body: { tag: label } })
    : call("delete", `${base}/tags/{tag}`, { path });
}

/** Adds or removes an alias or a tag; every list that shows it is fetched anew. */
export function useLabelChange(at: VersionRef) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: LabelChange) => changeLabel(at, change),
    onSettled: () => client.invalidateQueries({ queryKey: artifactKeys.all(at) }),
  });
}
