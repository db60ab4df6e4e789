import { useQuery } from "@tanstack/react-query";
import { call } from "./client";

export function useViewer() {
  return useQuery({
    queryKey: ["viewer"],
    queryFn: ({ signal }) => call("get", "/api/v1/viewer", { signal }),
  });
}

export function useHealth() {
  return useQuery({
    queryKey: ["health"],
    queryFn: ({ signal }) => call("get", "/api/v1/health", { signal }),
  });
}
