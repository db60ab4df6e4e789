// The rows of a table's step. One that grows is put together from all pieces up to it.
import { useQueries } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { MediaStep, RunFile, RunFiles } from "@/api/media";
import { joinTables, readTable, type RunTable } from "./read";

export interface TableFound {
  table: RunTable | null;
  sizeBytes: number;
  /** Files that did not arrive. */
  missing: string[];
  /** Larger than is read without being asked to. */
  isHuge: boolean;
  isPending: boolean;
  error: unknown;
}

/** Above it a person decides whether the browser shall read it. */
const hugeBytes = 48 << 20;

export function useTable(
  steps: readonly MediaStep[],
  place: number,
  files: RunFiles,
  isAsked: boolean,
): TableFound {
  const paths = pathsOf(steps, place);
  const found = paths.map((path) => ({ path, file: files.get(path) }));
  const sizeBytes = found.reduce((sum, { file }) => sum + (file?.size_bytes ?? 0), 0);
  const isHuge = sizeBytes > hugeBytes && !isAsked;
  const there = found.filter((one): one is { path: string; file: RunFile } => one.file !== undefined);
  const { table, isPending, error } = useQueries({
    queries: there.map(({ path, file }) => ({
      queryKey: ["table", path, file.updated_unix_ms, file.size_bytes],
      queryFn: async ({ signal }: { signal: AbortSignal }) =>
        readTable(await (await request(file.address ?? "", { signal })).text()),
      enabled: !isHuge && file.address !== null,
      staleTime: Infinity,
      // A large table is not kept for long once nobody looks at it.
      gcTime: 60_000,
    })),
    combine,
  });
  return {
    table,
    sizeBytes,
    missing: files.isPending ? [] : found.filter((one) => one.file === undefined).map((one) => one.path),
    isHuge,
    isPending: files.isPending || (isPending && !isHuge),
    error,
  };
}

/** The function is the same one for every render, so that the joined table is, too. */
function combine(results: { data: RunTable | undefined; error: unknown; isPending: boolean }[]) {
  const tables = results.flatMap((result) => (result.data ? [result.data] : []));
  const isWhole = results.length > 0 && tables.length === results.length;
  return {
    table: isWhole ? ((tables.length === 1 ? tables[0] : joinTables(tables)) ?? null) : null,
    isPending: results.some((result) => result.isPending),
    error: results.find((result) => result.error !== null)?.error ?? null,
  };
}

export function pathsOf(steps: readonly MediaStep[], place: number): string[] {
  const last = steps[place]?.value as { _type?: unknown; path?: unknown } | null | undefined;
  const isGrowing = last?._type === "incremental-table-file";
  const wanted = isGrowing ? steps.slice(0, place + 1) : steps.slice(place, place + 1);
  return wanted.flatMap(({ value }) => {
    const path = (value as { path?: unknown } | null | undefined)?.path;
    return typeof path === "string" ? [path] : [];
  });
}
