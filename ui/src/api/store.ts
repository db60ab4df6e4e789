// Looking after the store and the projects in it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import { projectKeys } from "./projects";
import type { ProjectRef } from "./types";

export function useCheckStore() {
  return useMutation({ mutationFn: () => call("post", "/api/v1/store/check") });
}

export function useRebuildStore() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call("post", "/api/v1/store/rebuild"),
    onSuccess: () => client.invalidateQueries(),
  });
}

export function useDeleteProject() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (at: ProjectRef) =>
      call("delete", "/api/v1/projects/{entity}/{project}", { path: { ...at } }),
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: projectKeys.all });
      await client.invalidateQueries({ queryKey: ["health"] });
    },
  });
}
