// The rows of a table's step. One that grows is put together from all pieces up to it.
import { useQueries } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { MediaStep, RunFile, RunFiles } from "@/api/media";
import type { RunRef } from "@/api/types";
import { hasPlaceholders } from "./cells";
import { keptTable } from "./keptTable";
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
  at: RunRef,
  key: string,
  steps: readonly MediaStep[],
  place: number,
  files: RunFiles,
  isAsked: boolean,
): TableFound {
  const found = piecesOf(steps, place).map((piece) => ({ ...piece, file: files.get(piece.path) }));
  const sizeBytes = found.reduce((sum, { file }) => sum + (file?.size_bytes ?? 0), 0);
  const isHuge = sizeBytes > hugeBytes && !isAsked;
  const there = found.filter((one): one is Piece & { file: RunFile } => one.file !== undefined);
  const { table, isPending, error } = useQueries({
    queries: there.map(({ path, value, place, file }) => ({
      queryKey: ["table", path, file.updated_unix_ms, file.size_bytes],
      queryFn: async ({ signal }: { signal: AbortSignal }) => {
        const table = readTable(await (await request(file.address ?? "", { signal })).text());
        if (!hasPlaceholders(table)) return table;
        return (await keptTable({ at, key, value, place, steps: steps.length }, table, signal)) ?? table;
      },
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

export interface Piece {
  path: string;
  value: unknown;
  /** Among the steps. */
  place: number;
}

export function piecesOf(steps: readonly MediaStep[], place: number): Piece[] {
  const last = steps[place]?.value as { _type?: unknown; path?: unknown } | null | undefined;
  const isGrowing = last?._type === "incremental-table-file";
  const first = isGrowing ? 0 : place;
  return steps.slice(first, place + 1).flatMap(({ value }, at) => {
    const path = (value as { path?: unknown } | null | undefined)?.path;
    return typeof path === "string" ? [{ path, value, place: first + at }] : [];
  });
}
