// Rows of the report, the worst first; the one that is open in full beside them.
import { useCallback, useEffect, useMemo, useRef } from "react";
import { rowsPage, useEvaluationRow, type Evaluation, type ReportRow } from "@/api/evaluations";
import type { RunRef } from "@/api/types";
import { Badge, Button, EmptyState, ErrorState, LoadingState, Segmented } from "@/shared/components";
import { formatCount, formatNumber, nothing } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import type { TableColumn } from "@/shared/table/types";
import { usePages } from "@/shared/table/usePages";
import { AnswerView } from "../answers/AnswerView";
import { Prompt } from "../answers/Prompt";
import { Target } from "../answers/Target";
import { explainFailure } from "../failures";
import type { ReportView, SetReportView } from "./view";

interface RowsProps {
  at: RunRef;
  evaluation: Evaluation;
  view: ReportView;
  setView: SetReportView;
}

export function RowsTab(props: RowsProps) {
  if (!props.evaluation.rows)
    return (
      <EmptyState title="No rows were recorded">
        <p>
          The report came without its <code>rows.jsonl</code>; its figures stand, but cannot be looked into or
          compared.
        </p>
      </EmptyState>
    );
  return <RecordedRows {...props} />;
}

function RecordedRows({ at, evaluation, view, setView }: RowsProps) {
  const { order, failure, stratum } = view;
  const ask = useCallback(
    (offset: number, limit: number) => rowsPage(at, { order, failure, stratum }, offset, limit),
    [at, order, failure, stratum],
  );
  const pages = usePages<ReportRow>(ask);
  const open = useCallback(
    (row: ReportRow | undefined) => row && setView({ row: row.row.id }, "replace"),
    [setView],
  );
  const columns = useMemo(() => rowColumns(evaluation, setView), [evaluation, setView]);
  if (pages.error !== null) return <ErrorState error={pages.error} onRetry={pages.retry} />;
  return (
    <>
      <RowsToolbar evaluation={evaluation} view={view} setView={setView} total={pages.total} />
      <div className="rows-split" data-open={view.row !== null}>
        {pages.isPending ? (
          <LoadingState label="Rows are coming" />
        ) : pages.total === 0 ? (
          <EmptyState title="No row is like that">
            <Button onClick={() => setView({ failure: null, stratum: null })}>Show all rows</Button>
          </EmptyState>
        ) : (
          <DataTable
            label="Rows of the report"
            rowCount={pages.total}
            rowAt={pages.rowAt}
            rowKey={(row) => row.row.id}
            columns={columns}
            onVisible={pages.onVisible}
            onOpen={open}
            onActive={open}
          />
        )}
        {view.row !== null && (
          <OneRow at={at} id={view.row} evaluation={evaluation} onClose={() => setView({ row: null })} />
        )}
      </div>
    </>
  );
}

function RowsToolbar({ evaluation, view, setView, total }: Omit<RowsProps, "at"> & { total: number }) {
  const rows = evaluation.rows;
  const codes = Object.keys(rows?.failures ?? {}).sort();
  const strata = Object.keys(rows?.strata ?? {}).sort();
  return (
    <div className="toolbar rows-toolbar">
      <Segmented
        label="Order"
        choices={[
          { id: "worst", label: "Worst first" },
          { id: "best", label: "Best first" },
          { id: "id", label: "As in the file" },
        ]}
        chosen={view.order}
        onChoose={(order) => setView({ order })}
      />
      <select
        aria-label="Failure"
        value={view.failure ?? ""}
        onChange={(event) => setView({ failure: event.target.value || null })}
      >
        <option value="">Any outcome</option>
        <option value="none">Valid only</option>
        <option value="any">Failed only</option>
        {codes.map((code) => (
          <option key={code} value={code}>
            {`${code} (${rows?.failures[code] ?? 0})`}
          </option>
        ))}
      </select>
      {strata.length > 0 && (
        <select
          aria-label="Stratum"
          value={view.stratum ?? ""}
          onChange={(event) => setView({ stratum: event.target.value || null })}
        >
          <option value="">All strata</option>
          {strata.map((name) => (
            <option key={name} value={name}>
              {`${name} (${rows?.strata[name] ?? 0})`}
            </option>
          ))}
        </select>
      )}
      <span className="quiet" role="status">
        {formatCount(total, "row")} of {formatNumber(rows?.rows)}
      </span>
    </div>
  );
}

function rowColumns(evaluation: Evaluation, setView: SetReportView): TableColumn<ReportRow>[] {
  const { name } = evaluation.primary;
  const hasStrata = Object.keys(evaluation.rows?.strata ?? {}).length > 0;
  const columns: (TableColumn<ReportRow> | false)[] = [
    {
      id: "id",
      title: "Row",
      widthPx: 130,
      isPinned: true,
      render: ({ row }) => (
        <button type="button" className="link" onClick={() => setView({ row: row.id })}>
          <bdi>{row.id}</bdi>
        </button>
      ),
    },
    {
      id: "primary",
      title: name,
      widthPx: 150,
      align: "end",
      render: (row) => formatNumber(row.primary),
    },
    {
      id: "outcome",
      title: "Outcome",
      widthPx: 170,
      render: ({ row }) => <Outcome failure={(row.constrained ?? row.unconstrained)?.failure} />,
    },
    hasStrata && { id: "stratum", title: "Stratum", widthPx: 140, render: (row) => row.stratum ?? nothing },
    {
      id: "asked",
      title: "Asked",
      widthPx: 360,
      render: ({ row }) => <bdi>{row.messages.at(-1)?.content.replace(/\s+/g, " ").slice(0, 300)}</bdi>,
    },
    {
      id: "answered",
      title: "Answered",
      widthPx: 360,
      render: ({ row }) => (
        <bdi className="mono">{(row.constrained ?? row.unconstrained)?.raw?.slice(0, 300) ?? nothing}</bdi>
      ),
    },
  ];
  return columns.filter((column) => column !== false);
}

function Outcome({ failure }: { failure: string | null | undefined }) {
  if (!failure) return <Badge tone="good">valid</Badge>;
  return (
    <span title={explainFailure(failure)}>
      <Badge tone="bad">{failure}</Badge>
    </span>
  );
}

interface OneRowProps {
  at: RunRef;
  id: string;
  evaluation: Evaluation;
  onClose: () => void;
}

function OneRow({ at, id, evaluation, onClose }: OneRowProps) {
  const query = useEvaluationRow(at, id);
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.scrollIntoView({ block: "nearest" }), [id]);
  return (
    <aside ref={panel} className="row-panel" aria-label={`Row ${id}`}>
      <div className="row-panel-head">
        <h2>
          Row <bdi>{id}</bdi>
        </h2>
        <Button look="plain" size="icon" aria-label="Close the row" onClick={onClose}>
          ✕
        </Button>
      </div>
      {query.isPending && <LoadingState label="The row is coming" />}
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && <RowContent found={query.data} evaluation={evaluation} />}
    </aside>
  );
}

function RowContent({ found, evaluation }: { found: ReportRow; evaluation: Evaluation }) {
  const { row } = found;
  const counted = row.constrained ?? row.unconstrained;
  return (
    <>
      <p className="quiet">
        {evaluation.primary.name} {formatNumber(found.primary)}, line {formatNumber(row.row)} of the{" "}
        {row.split} rows
        {found.stratum && `, ${found.stratum}`}
      </p>
      <h3>Target and answer</h3>
      <Target
        target={row.target}
        scale={evaluation.report.scale}
        arms={[{ name: "Answer", look: "candidate", answer: counted }]}
      />
      <AnswerView answer={row.constrained} title="Answer under the grammar" />
      <AnswerView
        answer={row.unconstrained}
        title={row.constrained ? "Answer without a grammar" : "Answer"}
      />
      <Prompt messages={row.messages} />
    </>
  );
}
