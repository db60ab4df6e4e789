// The runs of a project: a table over anything they have, and the curves of those in it.
import { useMemo, useState } from "react";
import { usePrefetchQuery } from "@tanstack/react-query";
import { useColumns } from "@/api/projects";
import type { ColumnList, ProjectRef } from "@/api/types";
import type { PageProps } from "@/app/routes";
import { useLiveCurves } from "@/api/useCurves";
import { EmptyState, ErrorState, LoadingState, PageHeader, Segmented } from "@/shared/components";
import { formatCount } from "@/shared/format";
import { useViewState } from "@/shared/viewState";
import { knownColumns } from "./columns";
import { FilterBar } from "./filter/FilterBar";
import { parseFilter } from "./filter/parse";
import { GroupMenu, ColumnsMenu, TopMenu } from "./RunsMenus";
import { RunCharts } from "./RunCharts";
import { RunsTable } from "./RunsTable";
import { drawnPage, useDrawnRuns } from "./useDrawnRuns";
import { useRunRows } from "./useRunRows";
import { codecs, orderOf } from "./view";
import "./runs.css";

export default function RunsPage({ params }: PageProps) {
  const { entity = "", project = "" } = params;
  const at = useMemo(() => ({ entity, project }), [entity, project]);
  const [view] = useViewState(codecs);
  const columns = useColumns(at);
  // Beside the columns, not after them: curves wait for it.
  usePrefetchQuery(drawnPage(at, filterOf(view.filter).json, view));
  if (columns.isPending) return <LoadingState label="Runs are coming" />;
  if (columns.isError)
    return <ErrorState isPage error={columns.error} onRetry={() => void columns.refetch()} />;
  return <Runs at={at} columns={columns.data} />;
}

function Runs({ at, columns }: { at: ProjectRef; columns: ColumnList }) {
  const [view, setView] = useViewState(codecs);
  const [selection, setSelection] = useState<ReadonlySet<string>>(new Set());
  useLiveCurves(at);
  const known = useMemo(() => knownColumns(columns), [columns]);
  const shown = view.column.length > 0 ? view.column : known.initial;
  const { json: filters, fault } = useMemo(() => filterOf(view.filter), [view.filter]);
  const keysOf = (kind: string) =>
    shown.filter((id) => id.startsWith(`${kind}:`)).map((id) => id.slice(kind.length + 1));
  const configKeys = [...new Set([...keysOf("config"), ...(view.group === null ? [] : [view.group])])];
  const wanted = { filters, order: orderOf(view), configKeys, summaryKeys: keysOf("summary") };
  const rows = useRunRows(at, wanted, view.show !== "charts");
  const drawn = useDrawnRuns(at, wanted, view);
  const total = view.show === "charts" ? drawn.total : rows.total;

  return (
    <>
      <PageHeader
        kind="Project"
        title={at.project}
        facts={<span className="home-facts">{formatCount(total, "run")}</span>}
        actions={
          <Segmented
            label="What is shown"
            choices={[
              { id: "both", label: "Both" },
              { id: "table", label: "Table" },
              { id: "charts", label: "Charts" },
            ]}
            chosen={view.show}
            onChoose={(show) => setView({ show })}
          />
        }
      />
      <div className="runs-bar">
        <FilterBar
          filter={view.filter}
          onFilter={(filter) => setView({ filter })}
          columns={columns}
          refusal={rows.error instanceof Error ? rows.error.message : null}
        />
        <GroupMenu columns={columns} view={view} setView={setView} />
        <ColumnsMenu known={known.ids} shown={shown} setView={setView} />
        <TopMenu view={view} setView={setView} />
      </div>
      <div className="runs" data-show={view.show}>
        {view.show !== "charts" && (
          <div className="runs-table">
            {rows.total === 0 && !rows.isPending && rows.error === null ? (
              <EmptyState title={view.filter === "" ? "No runs yet" : "No run is like that"}>
                {fault !== null ? (
                  <p>The filter is wrong, so it lets nothing through: {fault}.</p>
                ) : (
                  view.filter !== "" && <p>The filter lets none of the runs of this project through.</p>
                )}
              </EmptyState>
            ) : (
              <RunsTable
                at={at}
                rows={rows}
                shown={shown}
                view={view}
                setView={setView}
                drawn={drawn}
                selection={selection}
                setSelection={setSelection}
              />
            )}
          </div>
        )}
        {view.show !== "table" && (
          <RunCharts at={at} columns={columns} view={view} setView={setView} drawn={drawn} />
        )}
      </div>
    </>
  );
}

/** The filter as the server takes it. One that is wrong, as an address may hold it, lets nothing through. */
function filterOf(filter: string): { json: string | null; fault: string | null } {
  try {
    const json = parseFilter(filter);
    return { json: json === null ? null : JSON.stringify(json), fault: null };
  } catch (error) {
    return { json: nothingThrough, fault: error instanceof Error ? error.message : String(error) };
  }
}

const nothingThrough = JSON.stringify({ name: { $in: [] } });
