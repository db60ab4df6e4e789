// The rows of the table that are in sight, page by page; of ten thousand runs a few hundred are ever fetched.
import { useCallback, useState } from "react";
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

export function useRunRows(at: ProjectRef, wanted: RunsWanted, isShown: boolean): RunRows {
  const [sight, setSight] = useState({ first: 0, last: 0, isScrolled: false });
  const found = useQueries({
    queries: pagesAround(sight).map((page) => ({
      ...runsPage(at, wanted, page * pageLength, pageLength),
      placeholderData: keepPreviousData,
      enabled: isShown,
    })),
  });
  const total = found[0]?.data?.total ?? 0;
  // Rows from before a change stand in at their own places.
  const pages = new Map(found.flatMap(({ data }) => (data ? [[data.offset, data.runs] as const] : [])));
  const onVisible = useCallback((first: number, last: number) => {
    const next = { first: pageOf(first), last: pageOf(last), isScrolled: first > 0 };
    setSight((before) =>
      before.first === next.first && before.last === next.last && before.isScrolled === next.isScrolled
        ? before
        : next,
    );
  }, []);
  return {
    total,
    rowAt: (index) => pages.get(pageOf(index) * pageLength)?.[index % pageLength],
    onVisible,
    error: found.find((one) => one.isError)?.error ?? null,
    isPending: found[0]?.isPending ?? true,
    refetch: () => found.forEach((one) => void one.refetch()),
  };
}

const pageOf = (index: number) => Math.floor(index / pageLength);

interface PagesInSight {
  first: number;
  last: number;
  isScrolled: boolean;
}

/** The first page, which says how many rows there are, those in sight, and once one scrolls those beside them. */
export function pagesAround({ first, last, isScrolled }: PagesInSight): number[] {
  const inSight = Array.from({ length: last - first + 1 }, (_, at) => first + at);
  const beside = isScrolled ? [last + 1, Math.max(0, first - 1)] : [];
  return [...new Set([0, ...inSight, ...beside])];
}
