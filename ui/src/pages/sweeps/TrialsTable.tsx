// All trials that the brushes hold, sorted by any column.
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { addresses } from "@/app/addresses";
import type { ProjectRef } from "@/api/types";
import { Badge, Button, Dialog, StateBadge } from "@/shared/components";
import { formatNumber, formatValue } from "@/shared/format";
import { DataTable } from "@/shared/table/DataTable";
import type { TableColumn, TableSort } from "@/shared/table/types";
import { lackOf, type Trial } from "./trials";
import { sortedTrials } from "./trialOrder";

export interface TrialsTableProps {
  at: ProjectRef;
  trials: Trial[];
  names: ReadonlyMap<string, string>;
  parameters: string[];
  metric: string;
  bestRun: string | null;
  sort: TableSort;
  onSort: (sort: TableSort) => void;
  highlightId: string | null;
  onHighlight: (run: string | null) => void;
  onOpen: (run: string) => void;
  onStop: ((run: string) => void) | null;
}

export function TrialsTable(props: TrialsTableProps) {
  const { at, trials, names, parameters, metric, bestRun, sort, onStop } = props;
  const [asked, setAsked] = useState<Trial | null>(null);
  const rows = useMemo(() => sortedTrials(trials, sort), [trials, sort]);
  const columns = useMemo<TableColumn<Trial>[]>(
    () => [
      {
        id: "#",
        title: "#",
        widthPx: 64,
        align: "end",
        isSortable: true,
        render: (trial) => <span>{trial.number}</span>,
      },
      {
        id: "run",
        title: "run",
        widthPx: 170,
        isSortable: true,
        render: (trial) => (
          <Link href={addresses.run({ ...at, run: trial.run })}>
            <bdi>{names.get(trial.run) || trial.run}</bdi>
          </Link>
        ),
      },
      {
        id: "state",
        title: "state",
        widthPx: 112,
        isSortable: true,
        render: (trial) => <StateBadge state={trial.state} />,
      },
      {
        id: "value",
        title: metric,
        group: "metric",
        widthPx: 170,
        align: "end",
        isSortable: true,
        render: (trial) => {
          const lack = lackOf(trial, metric);
          if (lack !== null && trial.value === null) return <span className="quiet">{lack}</span>;
          return (
            <>
              {trial.run === bestRun && <Badge tone="good">best</Badge>}
              <span>{formatNumber(trial.value, 5)}</span>
            </>
          );
        },
      },
      ...parameters.map<TableColumn<Trial>>((name) => ({
        id: `parameter:${name}`,
        title: name,
        group: "config",
        widthPx: 140,
        align: trials.every((trial) => typeof (trial.parameters[name] ?? 0) === "number") ? "end" : "start",
        isSortable: true,
        render: (trial) => (
          <bdi title={formatValue(trial.parameters[name])}>{formatValue(trial.parameters[name])}</bdi>
        ),
      })),
      ...(onStop
        ? [
            {
              id: "stop",
              title: "stop",
              widthPx: 84,
              render: (trial: Trial) =>
                trial.state === "running" && (
                  <Button
                    aria-label={`Stop ${names.get(trial.run) || trial.run}`}
                    onClick={() => setAsked(trial)}
                  >
                    Stop
                  </Button>
                ),
            },
          ]
        : []),
    ],
    [at, names, parameters, metric, bestRun, trials, onStop],
  );
  const name = asked && (names.get(asked.run) || asked.run);
  return (
    <div className="sweep-table">
      <DataTable
        label="Trials"
        rowCount={rows.length}
        rowAt={(index) => rows[index]}
        rowKey={(trial) => trial.run}
        columns={columns}
        sort={sort}
        onSort={props.onSort}
        highlightKey={props.highlightId}
        onHover={props.onHighlight}
        onOpen={(trial) => props.onOpen(trial.run)}
      />
      {asked && onStop && (
        <Dialog
          title="Stop this trial?"
          onClose={() => setAsked(null)}
          actions={
            <>
              <Button onClick={() => setAsked(null)}>Let it run</Button>
              <Button
                look="danger"
                onClick={() => {
                  onStop(asked.run);
                  setAsked(null);
                }}
              >
                Stop it
              </Button>
            </>
          }
        >
          <p>
            The script of <bdi>{name}</bdi> is interrupted at its next upload, as with Ctrl-C. What it logged
            stays; its agent goes on with the next trial.
          </p>
        </Dialog>
      )}
    </div>
  );
}
