import { Link } from "wouter";
import type { EvaluationRow } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Badge, ModelName, type Tone } from "@/shared/components";
import { IntervalMark, type Domain } from "@/shared/figures";
import { formatNumber, formatShare, formatTime, nothing } from "@/shared/format";
import type { TableColumn } from "@/shared/table/types";
import { denominatorOf, formatFigure } from "../figures";
import { evaluationAddress } from "../places";
import { lineOf } from "./rows";

export function columnsOf(at: ProjectRef, domains: Map<string, Domain>): TableColumn<EvaluationRow>[] {
  return [
    {
      id: "name",
      title: "Evaluation",
      widthPx: 230,
      isPinned: true,
      render: (row) => (
        <Link href={evaluationAddress(row.run)}>
          <ModelName model={row.report?.model ?? row.run.display_name ?? row.run.name} />
        </Link>
      ),
    },
    {
      id: "primary",
      title: "Primary score",
      widthPx: 190,
      render: (row) => <Primary row={row} />,
    },
    {
      id: "interval",
      title: "95 % interval, one line a task",
      widthPx: 260,
      render: (row) => <PrimaryInterval row={row} domains={domains} />,
    },
    {
      id: "n",
      title: "n",
      widthPx: 100,
      align: "end",
      render: (row) => (row.report ? denominatorOf(row.report.primary.metric) : nothing),
    },
    {
      id: "valid",
      title: "Valid",
      widthPx: 90,
      align: "end",
      render: (row) => formatFigure(row.report?.validity),
    },
    {
      id: "served",
      title: "Served as asked",
      widthPx: 170,
      render: (row) => <Served row={row} />,
    },
    {
      id: "split",
      title: "Rows",
      widthPx: 90,
      render: (row) =>
        row.report ? (
          <Badge tone={splitTones[row.report.split] ?? "plain"}>{row.report.split}</Badge>
        ) : (
          nothing
        ),
    },
    { id: "task", title: "Task", widthPx: 140, render: (row) => <bdi>{row.report?.task ?? nothing}</bdi> },
    {
      id: "answered",
      title: "Who answered",
      widthPx: 210,
      render: (row) => (
        <bdi title={row.report?.answered_by.model}>
          {row.report ? `${row.report.answered_by.model} (${row.report.answered_by.backend})` : nothing}
        </bdi>
      ),
    },
    {
      id: "latency",
      title: "Latency, median",
      widthPx: 120,
      align: "end",
      render: (row) => formatFigure(row.report?.latency_secs_p50),
    },
    {
      id: "cycle",
      title: "Cycle",
      widthPx: 90,
      render: (row) =>
        row.cycle_run ? (
          <Link href={addresses.projectPage(at, "cycles", row.cycle_run)}>cycle</Link>
        ) : (
          nothing
        ),
    },
    {
      id: "when",
      title: "When",
      widthPx: 160,
      render: (row) => formatTime(row.run.created_unix_ms),
    },
  ];
}

const splitTones: Record<string, Tone> = { frozen: "live", dev: "plain", train: "warn" };

function Primary({ row }: { row: EvaluationRow }) {
  const primary = row.report?.primary;
  if (!primary) return <span className="bad-text">{row.problem ?? nothing}</span>;
  return (
    <span title={primary.undefined_because ?? undefined}>
      <b>{formatFigure(primary.metric)}</b>{" "}
      <span className="quiet">
        {primary.name} {primary.direction === "minimize" ? "↓" : "↑"}
      </span>
    </span>
  );
}

function PrimaryInterval({ row, domains }: { row: EvaluationRow; domains: Map<string, Domain> }) {
  const domain = domains.get(lineOf(row) ?? "");
  const metric = row.report?.primary.metric;
  if (!domain || !metric) return nothing;
  if (metric.value === null || metric.value === undefined)
    return <span className="quiet">{row.report?.primary.undefined_because ?? nothing}</span>;
  const [low, high] = metric.interval95 ?? [];
  return (
    <IntervalMark
      label={`${formatNumber(metric.value)}, 95 % interval ${formatNumber(low)} to ${formatNumber(high)}`}
      value={metric.value}
      interval={metric.interval95}
      domain={domain}
      heightPx={32}
    />
  );
}

function Served({ row }: { row: EvaluationRow }) {
  const figure = row.report?.served_as_requested;
  if (!figure || figure.value === null || figure.value === undefined) return nothing;
  const part = Math.round(figure.value * figure.n);
  return (
    <span className={figure.value < 1 ? "bad-text" : undefined}>
      {formatShare(figure.value, part, figure.n)}
    </span>
  );
}
