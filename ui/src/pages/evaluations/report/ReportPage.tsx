// One evaluation: its figures with their denominators, its rows with the worst first.
import { useMemo } from "react";
import { Link, useLocation } from "wouter";
import { useEvaluation, useEvaluations, type Evaluation } from "@/api/evaluations";
import type { RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, LoadingState, Menu, PageHeader, TabPanel, Tabs } from "@/shared/components";
import { formatDuration, formatTime } from "@/shared/format";
import { shortModel } from "@/shared/modelName";
import { useViewState } from "@/shared/viewState";
import { compareAddress } from "../places";
import { MetricsTab } from "./MetricsTab";
import { NoReport } from "./NoReport";
import { RowsTab } from "./RowsTab";
import { SummaryTab } from "./SummaryTab";
import { codecs, tabs } from "./view";
import "@/shared/sections.css";
import "../answers/answers.css";

export default function ReportPage({ params }: PageProps) {
  const { entity = "", project = "", run = "" } = params;
  const at = useMemo(() => ({ entity, project, run }), [entity, project, run]);
  const query = useEvaluation(at);
  if (query.isPending) return <LoadingState label="The report is coming" />;
  if (query.isError) return <NoReport at={at} error={query.error} onRetry={() => void query.refetch()} />;
  return <Report at={at} evaluation={query.data} />;
}

function Report({ at, evaluation }: { at: RunRef; evaluation: Evaluation }) {
  const [view, setView] = useViewState(codecs);
  const { report, rows, run } = evaluation;
  return (
    <div className="page-column">
      <PageHeader
        kind="Evaluation"
        title={shortModel(report.model)}
        facts={
          <>
            <Badge tone={report.split === "frozen" ? "live" : "plain"}>{report.split}</Badge>
            <span className="quiet">
              <bdi>{report.task}</bdi>, {formatTime(run.created_unix_ms)}, took{" "}
              {formatDuration(report.wall_secs)}
            </span>
          </>
        }
        from={
          <>
            rows <code title={report.data_sha256}>{report.data_sha256.slice(0, 10)}</code>, prompt{" "}
            <code title={report.prompt_sha256}>{report.prompt_sha256.slice(0, 10)}</code>, answered by{" "}
            <bdi>{report.answered_by.model}</bdi> ({report.answered_by.backend})
          </>
        }
        usedBy={
          evaluation.cycle_run ? (
            <Link href={addresses.projectPage(at, "cycles", evaluation.cycle_run)}>
              the cycle that it is of
            </Link>
          ) : (
            "no cycle"
          )
        }
        actions={
          <>
            <CompareMenu at={at} evaluation={evaluation} />
            <Link className="button" href={addresses.run(at)}>
              Its run
            </Link>
          </>
        }
      />
      {rows?.problem && (
        <p className="problem" role="note">
          {rows.problem}
        </p>
      )}
      <Tabs label="Parts of the report" tabs={tabs} chosen={view.tab} onChoose={(tab) => setView({ tab })} />
      <TabPanel chosen={view.tab}>
        {view.tab === "summary" && (
          <SummaryTab at={at} evaluation={evaluation} view={view} setView={setView} />
        )}
        {view.tab === "rows" && <RowsTab at={at} evaluation={evaluation} view={view} setView={setView} />}
        {view.tab === "metrics" && <MetricsTab report={report} />}
      </TabPanel>
    </div>
  );
}

/** Others on the same rows: what this one may be held against. */
function CompareMenu({ at, evaluation }: { at: RunRef; evaluation: Evaluation }) {
  const [, navigate] = useLocation();
  const all = useEvaluations(at).data?.evaluations ?? [];
  const others = all.filter(
    (row) =>
      row.run.name !== evaluation.run.name && row.report?.data_sha256 === evaluation.report.data_sha256,
  );
  if (others.length === 0) return null;
  return (
    <Menu
      label="Compare with… ▾"
      look="primary"
      items={others.slice(0, 40).map((row) => ({
        label: `${shortModel(row.report?.model ?? row.run.name)} · ${formatTime(row.run.created_unix_ms)}`,
        onSelect: () => navigate(compareAddress(at, row.run.name, [evaluation.run.name])),
      }))}
    />
  );
}
