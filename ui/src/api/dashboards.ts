// Dashboards of a project: kept as YAML, answered with what it means.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";
import type { ProjectRef } from "./types";

export type DashboardEntry = components["schemas"]["DashboardEntry"];
export type Dashboard = components["schemas"]["DashboardAnswer"];
export type PanelAnswer = components["schemas"]["PanelAnswer"];

export const dashboardKeys = {
  list: (at: ProjectRef) => ["dashboards", at.entity, at.project] as const,
  one: (at: ProjectRef, name: string) => ["dashboard", at.entity, at.project, name] as const,
};

export function useDashboards(at: ProjectRef) {
  return useQuery({
    queryKey: dashboardKeys.list(at),
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/dashboards", { path: { ...at }, signal }))
        .dashboards,
  });
}

export function fetchDashboard(at: ProjectRef, name: string, signal?: AbortSignal) {
  return call("get", "/api/v1/projects/{entity}/{project}/dashboards/{name}", {
    path: { ...at, name },
    ...(signal ? { signal } : {}),
  });
}

export function useDashboard(at: ProjectRef, name: string) {
  return useQuery({
    queryKey: dashboardKeys.one(at, name),
    queryFn: ({ signal }) => fetchDashboard(at, name, signal),
  });
}

/** Somebody kept the dashboard after it was opened here. */
export class DashboardConflict extends Error {
  constructor(readonly theirs: Dashboard) {
    super(`${theirs.user} saved this dashboard while you edited it.`);
    this.name = "DashboardConflict";
  }
}

export interface DashboardSave {
  yaml: string;
  /** What editing began from; null overwrites whatever is there. */
  base: Dashboard | null;
}

/** Keeps the YAML. The server takes no condition, so what is there is looked at just before. */
export function useSaveDashboard(at: ProjectRef, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ yaml, base }: DashboardSave) => {
      if (base !== null) {
        const theirs = await fetchDashboard(at, name);
        if (theirs.yaml !== base.yaml) throw new DashboardConflict(theirs);
      }
      return call("put", "/api/v1/projects/{entity}/{project}/dashboards/{name}", {
        path: { ...at, name },
        body: yaml,
      });
    },
    onSuccess: async (kept) => {
      client.setQueryData(dashboardKeys.one(at, name), kept);
      await client.invalidateQueries({ queryKey: dashboardKeys.list(at) });
    },
  });
}

export function useDeleteDashboard(at: ProjectRef) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      call("delete", "/api/v1/projects/{entity}/{project}/dashboards/{name}", { path: { ...at, name } }),
    onSuccess: async (_, name) => {
      client.removeQueries({ queryKey: dashboardKeys.one(at, name) });
      await client.invalidateQueries({ queryKey: dashboardKeys.list(at) });
    },
  });
}
