// What happened lately in all projects that one may see.
import { useQuery } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";
import { unheard, useRefreshed } from "./useRefreshed";

export type Activity = components["schemas"]["ActivityAnswer"];
export type Decided = components["schemas"]["DecidedAnswer"];
export type Moved = components["schemas"]["MovedAnswer"];
export type RaisedAlert = components["schemas"]["RaisedAlert"];

const key = ["activity"] as const;
const gatheredMs = 2000;

export function useActivity() {
  useRefreshed((event) => event.kind !== "lines", [key], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: key,
    queryFn: ({ signal }) => call("get", "/api/v1/activity", { signal }),
  });
}
