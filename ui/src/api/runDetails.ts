// What belongs to one run: names of metrics, console, the machine's metrics, files.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { call } from "./client";
import { runKeys } from "./runs";
import type { RunRef } from "./types";

const consolePage = 2000;
const systemSamples = 500;

export function useMetrics(at: RunRef) {
  return useQuery({
    queryKey: [...runKeys.one(at), "metrics"],
    queryFn: async ({ signal }) =>
      (
        await call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/metrics", {
          path: { ...at },
          signal,
        })
      ).groups,
  });
}

export function useSystem(at: RunRef) {
  return useQuery({
    queryKey: [...runKeys.one(at), "system"],
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/system", {
        path: { ...at },
        query: { samples: systemSamples },
        signal,
      }),
  });
}

export function useFiles(at: RunRef) {
  return useQuery({
    queryKey: [...runKeys.one(at), "files"],
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/files", { path: { ...at }, signal }))
        .files,
  });
}

/** Lines in pages; a page that is whole is not asked for again. Its key is its own, so that live events add to it. */
export function useConsole(at: RunRef, search: string) {
  return useInfiniteQuery({
    queryKey: ["console", at.entity, at.project, at.run, search],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam, signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/console", {
        path: { ...at },
        query: {
          limit: consolePage,
          ...(pageParam === null ? {} : { after: pageParam }),
          ...(search === "" ? {} : { search }),
        },
        signal,
      }),
    getNextPageParam: (page, _pages, before) => page.next_after ?? page.lines.at(-1)?.number ?? before,
    staleTime: Infinity,
  });
}
