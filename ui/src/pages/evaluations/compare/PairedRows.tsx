// Rows of both arms beside each other, with what differs marked.
import { useCallback, useMemo } from "react";
import { pairsPage, type Comparison, type PairedRow } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { Button, EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatCount, formatNumber, nothing } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import type { TableColumn } from "@/shared/table/types";
import { usePages } from "@/shared/table/usePages";
import type { CompareView, SetCompareView } from "./ComparePage";
import { counted, Pair } from "./Pair";

interface PairedProps {
  at: ProjectRef;
  base: string;
  candidate: string;
  comparison: Comparison;
  view: CompareView;
  setView: SetCompareView;
}

const kinds: { id: CompareView["kind"]; label: string }[] = [
  { id: "lost", label: "Worse, largest loss first" },
  { id: "gained", label: "Better, largest gain first" },
  { id: "broke", label: "Newly invalid" },
  { id: "mended", label: "Newly valid" },
  { id: "both_wrong", label: "Wrong in both" },
  { id: "all", label: "All rows" },
];

export function PairedRows({ at, base, candidate, comparison, view, setView }: PairedProps) {
  const { kind } = view;
  const ask = useCallback(
    (offset: number, limit: number) => pairsPage(at, { base, candidate, kind }, offset, limit),
    [at, base, candidate, kind],
  );
  const pages = usePages<PairedRow>(ask);
  const columns = useMemo(() => pairColumns(comparison, setView), [comparison, setView]);
  const open = useCallback(
    (row: PairedRow | undefined) => row && setView({ row: row.id }, "replace"),
    [setView],
  );
  return (
    <section aria-labelledby="pairs">
      <div className="pairs-head">
        <h2 id="pairs">Side by side</h2>
        <select
          aria-label="Which rows"
          value={kind}
          onChange={(event) => setView({ kind: event.target.value as CompareView["kind"], row: null })}
        >
          {kinds.map((one) => (
            <option key={one.id} value={one.id}>
              {one.label}
            </option>
          ))}
        </select>
        <span className="quiet" role="status">
          {formatCount(pages.total, "row")}
        </span>
      </div>
      {pages.error !== null && <ErrorState error={pages.error} onRetry={pages.retry} />}
      {pages.isPending && <LoadingState label="Rows are coming" />}
      {!pages.isPending && pages.error === null && pages.total === 0 && (
        <EmptyState title="No row is like that">
          <Button onClick={() => setView({ kind: "all" })}>Show all rows</Button>
        </EmptyState>
      )}
      {pages.total > 0 && (
        <div className="pairs-table">
          <DataTable
            label="Rows of both"
            rowCount={pages.total}
            rowAt={pages.rowAt}
            rowKey={(row) => row.id}
            columns={columns}
            onVisible={pages.onVisible}
            onOpen={open}
            onActive={open}
          />
        </div>
      )}
      {view.row !== null && (
        <Pair
          at={at}
          base={base}
          candidate={candidate}
          id={view.row}
          comparison={comparison}
          onClose={() => setView({ row: null })}
        />
      )}
    </section>
  );
}

function pairColumns(comparison: Comparison, setView: SetCompareView): TableColumn<PairedRow>[] {
  const hasStrata = Object.keys(comparison.strata).length > 0;
  const columns: (TableColumn<PairedRow> | false)[] = [
    {
      id: "id",
      title: "Row",
      widthPx: 130,
      isPinned: true,
      render: (row) => (
        <button type="button" className="link" onClick={() => setView({ row: row.id })}>
          <bdi>{row.id}</bdi>
        </button>
      ),
    },
    {
      id: "improvement",
      title: "Improvement",
      widthPx: 126,
      align: "end",
      render: ({ improvement }) => (
        <span className={improvementClass(improvement)}>
          {(improvement ?? 0) > 0 ? "+" : ""}
          {formatNumber(improvement)}
        </span>
      ),
    },
    { id: "base", title: "Base", widthPx: 80, align: "end", render: (row) => formatNumber(row.base.primary) },
    {
      id: "candidate",
      title: "Candidate",
      widthPx: 106,
      align: "end",
      render: (row) => formatNumber(row.candidate.primary),
    },
    hasStrata && { id: "stratum", title: "Stratum", widthPx: 130, render: (row) => row.stratum ?? nothing },
    {
      id: "base-raw",
      title: "Base answered",
      widthPx: 330,
      render: (row) => <bdi className="mono">{counted(row.base)?.raw?.slice(0, 300) ?? nothing}</bdi>,
    },
    {
      id: "candidate-raw",
      title: "Candidate answered",
      widthPx: 330,
      render: (row) => <bdi className="mono">{counted(row.candidate)?.raw?.slice(0, 300) ?? nothing}</bdi>,
    },
  ];
  return columns.filter((column) => column !== false);
}

function improvementClass(improvement: number | null | undefined): string {
  if (!improvement) return "";
  return improvement > 0 ? "good-text" : "bad-text";
}
