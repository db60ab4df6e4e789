// The rows of the table that are in sight, page by page; of ten thousand runs a few hundred are ever fetched.
import { useCallback, useMemo, useState } from "react";
import { keepPreviousData, useQueries } from "@tanstack/react-query";
import { runsPage, type RunsWanted } from "@/api/runs";
import type { ProjectRef, RunRow } from "@/api/types";

const pageLength = 100;

export interface RunRows {
  total: number;
  rowAt: (index: number) => RunRow | undefined;
  onVisible: (first: number, last: number) => void;
  error: unknown;
  isPending: boolean;
  refetch: () => void;
}

export function useRunRows(at: ProjectRef, wanted: RunsWanted): RunRows {
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const numbers = Array.from({ length: sight.last - sight.first + 1 }, (_, page) => sight.first + page);
  const pages = useQueries({
    queries: [...new Set([0, ...numbers])].map((page) => ({
      ...runsPage(at, wanted, page * pageLength, pageLength),
      placeholderData: keepPreviousData,
    })),
    combine: (results) => ({
      answers: results.flatMap((result) => (result.data ? [result.data] : [])),
      total: results[0]?.data?.total ?? 0,
      error: results.find((result) => result.isError)?.error ?? null,
      isPending: results[0]?.isPending ?? true,
      refetch: () => results.forEach((result) => void result.refetch()),
    }),
  });
  const rows = useMemo(() => {
    const byPlace = new Map<number, RunRow>();
    for (const answer of pages.answers)
      answer.runs.forEach((run, at) => byPlace.set(answer.offset + at, run));
    return byPlace;
  }, [pages.answers]);
  const onVisible = useCallback((first: number, last: number) => {
    const next = { first: Math.floor(first / pageLength), last: Math.floor(last / pageLength) };
    setSight((before) => (before.first === next.first && before.last === next.last ? before : next));
  }, []);
  const rowAt = useCallback((index: number) => rows.get(index), [rows]);
  const { total, error, isPending, refetch } = pages;
  return { total, rowAt, onVisible, error, isPending, refetch };
}
