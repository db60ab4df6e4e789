// Evaluations of a project: the primary score with its interval, who answered, what may be compared.
import { useCallback, useMemo } from "react";
import { useLocation } from "wouter";
import { useEvaluations, type EvaluationRow } from "@/api/evaluations";
import type { PageProps } from "@/app/routes";
import {
  Button,
  CopyLine,
  EmptyState,
  ErrorState,
  LoadingState,
  ModelName,
  PageHeader,
} from "@/shared/components";
import { formatCount } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import { choice, list, text, useViewState } from "@/shared/viewState";
import { compareAddress, evaluationAddress } from "../places";
import { columnsOf } from "./columns";
import { RunningEvaluations } from "./RunningEvaluations";
import { chosenRows, domainsOf, matchesText, tasksOf } from "./rows";
import "@/shared/sections.css";

const codecs = {
  task: text(),
  split: choice(["", "train", "dev", "frozen"], ""),
  find: text(),
  chosen: list,
};

export default function EvaluationsPage({ params }: PageProps) {
  const { entity = "", project = "" } = params;
  const at = useMemo(() => ({ entity, project }), [entity, project]);
  const query = useEvaluations(at);
  if (query.isPending) return <LoadingState label="Evaluations are coming" />;
  if (query.isError) return <ErrorState isPage error={query.error} onRetry={() => void query.refetch()} />;
  return <Evaluations at={at} rows={query.data.evaluations} total={query.data.total} />;
}

interface EvaluationsProps {
  at: { entity: string; project: string };
  rows: EvaluationRow[];
  total: number;
}

function Evaluations({ at, rows, total }: EvaluationsProps) {
  const [view, setView] = useViewState(codecs);
  const [, navigate] = useLocation();
  const shown = useMemo(
    () =>
      rows.filter(
        (row) =>
          (view.task === "" || row.report?.task === view.task) &&
          (view.split === "" || row.report?.split === view.split) &&
          matchesText(row, view.find),
      ),
    [rows, view],
  );
  const domains = useMemo(() => domainsOf(rows), [rows]);
  const columns = useMemo(() => columnsOf(at, domains), [at, domains]);
  const chosen = useMemo(() => chosenRows(rows, view.chosen), [rows, view.chosen]);
  const rowAt = useCallback((index: number) => shown[index], [shown]);
  const tasks = useMemo(() => tasksOf(rows), [rows]);
  const [base, ...candidates] = chosen;
  return (
    <div className="page-column">
      <PageHeader
        kind="Page"
        title="Evaluations"
        facts={
          <span className="quiet">
            {formatCount(total, "report")}
            {rows.length < total && `; the newest ${rows.length} are here`}
          </span>
        }
        from="gradus eval, gradus cycle and the training's own dev evaluations"
        usedBy="comparisons, decisions and plans"
      />
      <RunningEvaluations at={at} />
      {rows.length === 0 ? (
        <NoEvaluations />
      ) : (
        <>
          <div className="toolbar">
            <input
              type="search"
              aria-label="Find by name or model"
              placeholder="Find by name or model"
              value={view.find}
              onChange={(event) => setView({ find: event.target.value }, "replace")}
            />
            {tasks.length > 1 && (
              <select
                aria-label="Task"
                value={view.task}
                onChange={(event) => setView({ task: event.target.value })}
              >
                <option value="">All tasks</option>
                {tasks.map((task) => (
                  <option key={task}>{task}</option>
                ))}
              </select>
            )}
            <select
              aria-label="Rows"
              value={view.split}
              onChange={(event) => setView({ split: event.target.value as typeof view.split })}
            >
              <option value="">All rows</option>
              <option value="frozen">frozen</option>
              <option value="dev">dev</option>
              <option value="train">train</option>
            </select>
            <span className="toolbar-end">
              {base && (
                <span className="quiet">
                  base: <ModelName model={base.report?.model ?? base.run.name} />
                  {candidates.length > 0 && `, ${formatCount(candidates.length, "candidate")}`}
                </span>
              )}
              {chosen.length > 0 && <Button onClick={() => setView({ chosen: [] })}>Clear</Button>}
              <Button
                look="primary"
                disabled={!base || candidates.length === 0}
                onClick={() =>
                  base &&
                  navigate(
                    compareAddress(
                      at,
                      base.run.name,
                      candidates.map((row) => row.run.name),
                    ),
                  )
                }
              >
                Compare
              </Button>
            </span>
          </div>
          <p className="page-note">
            Tick two or more; the first one ticked is the base. Scores are comparable only where task, rows
            and prompt are the same: Compare says so before any number.
          </p>
          {shown.length === 0 ? (
            <EmptyState title="None matches">
              <Button onClick={() => setView({ find: "", task: "", split: "" })}>Show all</Button>
            </EmptyState>
          ) : (
            <DataTable
              label="Evaluations"
              rowCount={shown.length}
              rowAt={rowAt}
              rowKey={(row) => row.run.name}
              columns={columns}
              selection={new Set(view.chosen)}
              onSelect={(key, isSelected) =>
                setView({
                  chosen: isSelected ? [...view.chosen, key] : view.chosen.filter((one) => one !== key),
                })
              }
              onOpen={(row) => navigate(evaluationAddress(row.run))}
            />
          )}
        </>
      )}
    </div>
  );
}

function NoEvaluations() {
  return (
    <EmptyState title="No evaluations in this project yet">
      <p>An evaluation of a task is recorded here as soon as it is finished. A baseline needs no model:</p>
      <CopyLine text="gradus eval TASK_DIR --model constant --split dev" />
      <p>
        The bundled example makes a task, evaluates, trains and decides: <code>gradus quickstart</code>.
      </p>
    </EmptyState>
  );
}
