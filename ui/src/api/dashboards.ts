// Dashboards of a project: kept as YAML, answered with what it means.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ApiError, call } from "./client";
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

/** Somebody kept the dashboard, or removed it, after it was opened here. */
export class DashboardConflict extends Error {
  /** Null where there is none of the name any more. */
  constructor(readonly theirs: Dashboard | null) {
    super(
      theirs === null
        ? "Somebody removed this dashboard while you edited it."
        : `${theirs.user} saved this dashboard while you edited it.`,
    );
    this.name = "DashboardConflict";
  }
}

async function theirsOf(at: ProjectRef, name: string): Promise<Dashboard | null> {
  try {
    const theirs = await fetchDashboard(at, name);
    return theirs.is_made ? null : theirs;
  } catch (refused) {
    if (refused instanceof ApiError && refused.status === 404) return null;
    throw refused;
  }
}

export interface DashboardSave {
  yaml: string;
  /** What editing began from; null, or one that is not kept, for a dashboard that nobody has kept yet. */
  base: Dashboard | null;
}

/** Keeps the YAML over what editing began from. Throws `DashboardConflict` where that is no longer there. */
export function useSaveDashboard(at: ProjectRef, name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async ({ yaml, base }: DashboardSave) => {
      const version = base?.version ?? null;
      try {
        return await call("put", "/api/v1/projects/{entity}/{project}/dashboards/{name}", {
          path: { ...at, name },
          body: yaml,
          headers: version === null ? { "If-None-Match": "*" } : { "If-Match": `"${version}"` },
        });
      } catch (refused) {
        if (!(refused instanceof ApiError) || refused.status !== 412) throw refused;
        throw new DashboardConflict(await theirsOf(at, name));
      }
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
