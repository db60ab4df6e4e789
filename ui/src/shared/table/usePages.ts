// Rows of a list that is fetched in pages: only those in sight, each page kept while it is fresh.
import { useCallback, useMemo, useState } from "react";
import { keepPreviousData, useQueries, useQuery, type QueryKey } from "@tanstack/react-query";

export interface PageOf<Row> {
  rows: Row[];
  total: number;
  /** Where the next page begins when this one ended early; null or absent at the end. */
  next_offset?: number | null;
}

export type AskPage<Row> = (
  offset: number,
  limit: number,
) => { queryKey: QueryKey; queryFn: (how: { signal: AbortSignal }) => Promise<PageOf<Row>> };

export const pageRows = 50;

export interface Pages<Row> {
  total: number;
  rowAt: (index: number) => Row | undefined;
  onVisible: (first: number, last: number) => void;
  isPending: boolean;
  error: unknown;
  retry: () => void;
}

export function usePages<Row>(ask: AskPage<Row>): Pages<Row> {
  const [sight, setSight] = useState({ first: 0, last: 0 });
  const head = useQuery({ ...wholePage(ask, 0), placeholderData: keepPreviousData });
  const pages = pagesIn(sight.first, sight.last, head.data?.total ?? 0);
  const found = useQueries({ queries: pages.map((page) => wholePage(ask, page)) });
  const byPage = new Map(pages.map((page, at) => [page, found[at]?.data?.rows]));
  if (!byPage.get(0)) byPage.set(0, head.data?.rows);
  const onVisible = useCallback(
    (first: number, last: number) =>
      setSight((before) =>
        pageOf(before.first) === pageOf(first) && pageOf(before.last) === pageOf(last)
          ? before
          : { first, last },
      ),
    [],
  );
  const failed = [head, ...found].find((one) => one.isError);
  return {
    total: head.data?.total ?? 0,
    rowAt: (index) => byPage.get(pageOf(index))?.[index % pageRows],
    onVisible,
    isPending: head.isPending,
    error: failed?.error ?? null,
    retry: useMemo(() => () => void failed?.refetch(), [failed]),
  };
}

const pageOf = (index: number) => Math.floor(index / pageRows);

/** Numbers of the pages that hold rows `first` to `last` of `total`. */
export function pagesIn(first: number, last: number, total: number): number[] {
  if (total === 0) return [];
  const end = pageOf(Math.min(last, total - 1));
  const pages: number[] = [];
  for (let page = pageOf(Math.max(0, first)); page <= end; page += 1) pages.push(page);
  return pages;
}

function wholePage<Row>(ask: AskPage<Row>, page: number) {
  const { queryKey } = ask(page * pageRows, pageRows);
  return {
    queryKey,
    queryFn: ({ signal }: { signal: AbortSignal }) => collect(ask, page * pageRows, signal),
  };
}

/** Asks again where a page of very long rows ended before it was full. */
export async function collect<Row>(
  ask: AskPage<Row>,
  offset: number,
  signal: AbortSignal,
): Promise<PageOf<Row>> {
  const rows: Row[] = [];
  let next: number | null = offset;
  let total = 0;
  while (next !== null && rows.length < pageRows) {
    const answer: PageOf<Row> = await ask(next, pageRows - rows.length).queryFn({ signal });
    rows.push(...answer.rows);
    total = answer.total;
    next = answer.rows.length === 0 ? null : (answer.next_offset ?? null);
  }
  return { rows, total };
}
