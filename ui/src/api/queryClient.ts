// Cached answers: live events say what is old, so nothing is asked again by the clock.
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "./client";
import { setKeyWanted } from "./key";

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: noticeMissingKey }),
  defaultOptions: {
    queries: {
      staleTime: 60_000,
      gcTime: 5 * 60_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => mayPass(error) && failures < 3,
      retryDelay: (failures, error) =>
        error instanceof ApiError && error.retryAfterSecs !== null
          ? error.retryAfterSecs * 1000
          : Math.min(500 * 2 ** failures, 5000),
    },
    mutations: { retry: false, onError: noticeMissingKey },
  },
});

function noticeMissingKey(error: unknown): void {
  if (error instanceof ApiError && error.status === 401) setKeyWanted(true);
}

/** The same request may succeed later: nobody answered, too many, or not now. */
export function mayPass(error: unknown): boolean {
  return error instanceof ApiError && [0, 429, 502, 503, 504].includes(error.status);
}
