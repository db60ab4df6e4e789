import { useQuery } from "@tanstack/react-query";
import { call } from "./client";
import type { ProjectRef } from "./types";

export const projectKeys = {
  all: ["projects"] as const,
  one: (at: ProjectRef) => ["project", at.entity, at.project] as const,
  columns: (at: ProjectRef) => ["project", at.entity, at.project, "columns"] as const,
};

export function useProjects() {
  return useQuery({
    queryKey: projectKeys.all,
    queryFn: async ({ signal }) => (await call("get", "/api/v1/projects", { signal })).projects,
  });
}

export function useColumns(at: ProjectRef) {
  return useQuery({
    queryKey: projectKeys.columns(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/columns", { path: { ...at }, signal }),
  });
}
