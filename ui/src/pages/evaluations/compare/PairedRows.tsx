// Rows of both arms beside each other, with what differs marked.
import { useCallback, useMemo } from "react";
import { pairsPage, type Comparison, type PairedRow, type RowAnswer } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { Badge, Button, EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatCount, formatNumber, nothing } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import type { TableColumn } from "@/shared/table/types";
import { usePages } from "@/shared/table/usePages";
import { Prompt } from "../answers/Prompt";
import { Target } from "../answers/Target";
import { explainFailure } from "../failures";
import type { CompareView, SetCompareView } from "./ComparePage";
import { diffTexts, type DiffPart } from "./diff";

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
  const shown = findShown(pages, view.row);
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
      {shown && <Pair row={shown} comparison={comparison} onClose={() => setView({ row: null })} />}
    </section>
  );
}

function findShown(
  pages: { total: number; rowAt: (index: number) => PairedRow | undefined },
  id: string | null,
): PairedRow | undefined {
  if (id === null) return undefined;
  for (let index = 0; index < pages.total; index += 1) {
    const row = pages.rowAt(index);
    if (row?.id === id) return row;
  }
  return undefined;
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
      widthPx: 110,
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
      widthPx: 90,
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

const counted = (arm: PairedRow["base"]) => arm.constrained ?? arm.unconstrained;

function Pair({ row, comparison, onClose }: { row: PairedRow; comparison: Comparison; onClose: () => void }) {
  const [base, candidate] = [counted(row.base), counted(row.candidate)];
  const diff = useMemo(() => diffTexts(base?.raw ?? "", candidate?.raw ?? ""), [base, candidate]);
  return (
    <article className="pair" aria-label={`Row ${row.id}`}>
      <div className="row-panel-head">
        <h3>
          Row <bdi>{row.id}</bdi>
          {row.stratum && <span className="quiet">, {row.stratum}</span>}
        </h3>
        <Button look="plain" size="icon" aria-label="Close the row" onClick={onClose}>
          ✕
        </Button>
      </div>
      <div className="section-pair">
        <PairSide title="Base" answer={base} parts={diff.left} score={row.base.primary} />
        <PairSide title="Candidate" answer={candidate} parts={diff.right} score={row.candidate.primary} />
      </div>
      <Target
        target={row.target}
        scale={comparison.scale ?? null}
        arms={[
          { name: "Base", look: "base", answer: base },
          { name: "Candidate", look: "candidate", answer: candidate },
        ]}
      />
      <Prompt messages={row.messages} />
    </article>
  );
}

interface PairSideProps {
  title: string;
  answer: RowAnswer | null | undefined;
  parts: DiffPart[];
  score: number | null | undefined;
}

function PairSide({ title, answer, parts, score }: PairSideProps) {
  return (
    <section aria-label={title}>
      <h3>
        {title} {formatNumber(score)}{" "}
        {answer?.failure && (
          <span title={explainFailure(answer.failure)}>
            <Badge tone="bad">{answer.failure}</Badge>
          </span>
        )}
      </h3>
      {answer?.failure && <p className="bad-text">{explainFailure(answer.failure)}</p>}
      <pre className="raw" tabIndex={0} aria-label={`${title}: the answer as it came`}>
        {parts.length === 0
          ? "No answer arrived."
          : parts.map((part, place) => (part.isOwn ? <mark key={place}>{part.text}</mark> : part.text))}
      </pre>
    </section>
  );
}
