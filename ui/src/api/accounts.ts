// Keys, users, teams: who may do what here.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Key = Schemas["KeyAnswer"];
export type NewKey = Schemas["NewKey"];
export type KeyWanted = Schemas["KeyWanted"];
export type User = Schemas["UserAnswer"];
export type UserWanted = Schemas["UserWanted"];
export type Team = Schemas["TeamAnswer"];

const keys = {
  keys: (user: string | null) => ["keys", user] as const,
  users: ["users"] as const,
  teams: ["teams"] as const,
};

/** Keys of the caller, or of the user who is named. */
export function useKeys(user: string | null = null) {
  return useQuery({
    queryKey: keys.keys(user),
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/keys", { query: user === null ? {} : { user }, signal })).keys,
  });
}

export function useUsers() {
  return useQuery({
    queryKey: keys.users,
    queryFn: async ({ signal }) => (await call("get", "/api/v1/users", { signal })).users,
  });
}

export function useTeams() {
  return useQuery({
    queryKey: keys.teams,
    queryFn: async ({ signal }) => (await call("get", "/api/v1/teams", { signal })).teams,
  });
}

/** A change of accounts; every list of them is asked for anew. */
function useChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSettled: () =>
      Promise.all(
        [["keys"], keys.users, keys.teams].map((queryKey) => client.invalidateQueries({ queryKey })),
      ),
  });
}

export const useMakeKey = () =>
  useChange((body: KeyWanted): Promise<NewKey> => call("post", "/api/v1/keys", { body }));
export const useDeleteKey = () =>
  useChange((id: string) => call("delete", "/api/v1/keys/{id}", { path: { id } }));
export const useMakeUser = () => useChange((body: UserWanted) => call("post", "/api/v1/users", { body }));
export const useDeleteUser = () =>
  useChange((name: string) => call("delete", "/api/v1/users/{name}", { path: { name } }));
export const usePutTeam = () =>
  useChange(({ name, members }: { name: string; members: string[] }) =>
    call("put", "/api/v1/teams/{name}", { path: { name }, body: { members } }),
  );
export const useDeleteTeam = () =>
  useChange((name: string) => call("delete", "/api/v1/teams/{name}", { path: { name } }));
