import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { call } from "./client";
import type { ProjectRef } from "./types";

export const projectKeys = {
  all: ["projects"] as const,
  one: (at: ProjectRef) => ["project", at.entity, at.project] as const,
  columns: (at: ProjectRef) => ["project", at.entity, at.project, "columns"] as const,
};

/** Every page begins with it: `main` asks for it while the page is still loading. */
export const projectsQuery = {
  queryKey: projectKeys.all,
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await call("get", "/api/v1/projects", { signal })).projects,
};

export function useProjects() {
  return useQuery(projectsQuery);
}

export const columnsQuery = (at: ProjectRef) => ({
  queryKey: projectKeys.columns(at),
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    call("get", "/api/v1/projects/{entity}/{project}/columns", { path: { ...at }, signal }),
});

export function useColumns(at: ProjectRef) {
  return useQuery(columnsQuery(at));
}

const none: string[] = [];

/** Metrics with numbers that only rows have: of a run that crashed, or that logs without a summary. */
export function useMetricsBesides(at: ProjectRef, known: readonly string[]): string[] {
  const found = useQuery({
    queryKey: [...projectKeys.one(at), "metrics"],
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/metrics", { path: { ...at }, signal })).metrics,
  }).data;
  return useMemo(() => {
    if (found === undefined) return none;
    const all = new Set(known);
    const others = found.filter((metric) => metric.has_numbers && !all.has(metric.name));
    return others.map((metric) => metric.name);
  }, [found, known]);
}
