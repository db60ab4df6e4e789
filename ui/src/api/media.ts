// Media and tables of a run: which keys hold some, what each step logged, where their files are.
import { useMemo } from "react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { fileAddress, hrefOf } from "@/shared/fileAddress";
import { call, prefix, request } from "./client";
import { useFiles } from "./runDetails";
import { runKeys } from "./runs";
import type { components } from "./schema";
import type { FileEntry, RunRef } from "./types";

export type Media = components["schemas"]["MediaAnswer"];

/** What a key held at a step, as the client logged it. */
export interface MediaStep {
  step: number;
  value: unknown;
}

const stepsPerPage = 5000;

export function useMedia(at: RunRef) {
  return useQuery({
    queryKey: [...runKeys.one(at), "media"],
    queryFn: async ({ signal }) =>
      (await call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/media", { path: { ...at }, signal }))
        .media,
  });
}

/** Every step of a key. Its key is its own: it is asked again when the key has more rows, not at each event. */
export function useMediaSteps(at: RunRef, media: Pick<Media, "key" | "rows">) {
  return useQuery({
    queryKey: ["media steps", at.entity, at.project, at.run, media.key, media.rows],
    queryFn: ({ signal }) => allSteps(at, media.key, signal),
    enabled: media.rows > 0,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
  });
}

async function allSteps(at: RunRef, key: string, signal: AbortSignal): Promise<MediaStep[]> {
  const found: MediaStep[] = [];
  let next: number | null | undefined = null;
  do {
    const page: components["schemas"]["SeriesAnswer"] = await call(
      "get",
      "/api/v1/projects/{entity}/{project}/runs/{run}/series",
      {
        path: { ...at },
        query: {
          keys: JSON.stringify([key]),
          limit: stepsPerPage,
          ...(next === null ? {} : { min_step: next }),
        },
        signal,
      },
    );
    const values = page.values[0] as unknown[] | undefined;
    page.steps.forEach((step, place) => found.push({ step, value: values?.[place] }));
    next = page.next_min_step;
  } while (next !== null && next !== undefined);
  return found;
}

export interface RunFile extends Pick<FileEntry, "size_bytes" | "updated_unix_ms"> {
  /** For a link or an image of this page. */
  href: string | undefined;
  /** For `request`. */
  address: string | null;
}

export interface RunFiles {
  isPending: boolean;
  get: (name: string) => RunFile | undefined;
}

/** The files of a run by their names. */
export function useFilesByName(at: RunRef): RunFiles {
  const files = useFiles(at);
  return useMemo(() => {
    const byName = new Map(files.data?.map((file) => [file.name, file]));
    const get = (name: string) => {
      const file = byName.get(name);
      return file && { ...file, ...placesOf(file.url) };
    };
    return { isPending: files.isPending, get };
  }, [files.data, files.isPending]);
}

/** Where a file with this signed address is, for the page and for `request`. */
export const placesOf = (url: string) => ({ href: hrefOf(prefix, url), address: addressBelow(url) });

/** The text of a file, kept while the page is open: what has a name with a digest never changes. */
export function useFileText(name: string, file: RunFile | undefined, isWanted = true) {
  return useQuery({
    queryKey: ["file text", name, file?.updated_unix_ms, file?.size_bytes],
    queryFn: async ({ signal }) => (await request(file?.address ?? "", { signal })).text(),
    enabled: isWanted && file?.address != null,
    staleTime: Infinity,
  });
}

/** `request` puts the prefix before it, which a server behind a proxy may have written already. */
function addressBelow(url: string): string | null {
  const address = fileAddress(url);
  return address !== null && prefix !== "" && address.startsWith(`${prefix}/`)
    ? address.slice(prefix.length)
    : address;
}
