// The columns of the table: of the run itself, of its configuration, of its results.
import { resultColumns } from "@/api/results";
import { Link } from "wouter";
import type { Column, ColumnList, ProjectRef, RunRow } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Badge, StateBadge } from "@/shared/components";
import {
  formatAgo,
  formatDifference,
  formatDuration,
  formatTime,
  formatValue,
  numberOf,
} from "@/shared/format";
import type { TableColumn } from "@/shared/table/types";

export interface ColumnContext {
  at: ProjectRef;
  nowUnixMs: number;
  colourOf: (run: RunRow) => string;
  isShown: (run: RunRow) => boolean;
  onToggle: (run: RunRow, isSolo: boolean) => void;
  /** Opens the palette for its colour. */
  onColour: (run: RunRow, by: HTMLElement) => void;
  /** On a phone the name leaves room for a column beside it. */
  isNarrow: boolean;
  /** Results are shown with their difference from this run's. */
  baseline: RunRow | null;
}

const shownAtFirst = 8;

/** Columns that a project has, by id, with the few that are shown where nobody chose. */
export function knownColumns(columns: ColumnList): { ids: string[]; initial: string[] } {
  const results = resultColumns(columns);
  const ids = [
    "state",
    "created",
    "duration",
    "tags",
    "user",
    "group",
    "sweep",
    ...columns.config.map((column) => `config:${column.name}`),
    ...results.map((column) => `summary:${column.name}`),
  ];
  const common = (all: Column[], prefix: string, count: number) =>
    [...all]
      .sort((a, b) => b.runs - a.runs || (a.name < b.name ? -1 : 1))
      .slice(0, count)
      .map((column) => `${prefix}:${column.name}`);
  const initial = [
    "state",
    ...common(results, "summary", shownAtFirst / 2),
    ...common(columns.config, "config", shownAtFirst / 2),
    "created",
    "duration",
    "tags",
  ];
  return { ids, initial };
}

export function columnTitle(id: string): string {
  return id.replace(/^(config|summary):/, "");
}

export function columnOf(id: string, context: ColumnContext): TableColumn<RunRow> {
  if (id.startsWith("config:")) return configColumn(id.slice("config:".length));
  if (id.startsWith("summary:")) return summaryColumn(id.slice("summary:".length), context.baseline);
  return { id, title: id, widthPx: 110, isSortable: true, ...own(id, context) };
}

export function nameColumn(context: ColumnContext): TableColumn<RunRow> {
  return {
    id: "name",
    title: "run",
    widthPx: context.isNarrow ? 186 : 250,
    isPinned: true,
    isSortable: true,
    render: (run) => <NameCell run={run} context={context} />,
  };
}

function NameCell({ run, context }: { run: RunRow; context: ColumnContext }) {
  const name = run.display_name || run.name;
  const isShown = context.isShown(run);
  return (
    <span className="run-name">
      <button
        type="button"
        className="run-eye"
        aria-pressed={isShown}
        aria-label={`Curve of ${name}`}
        title="Show or hide its curves; with Alt alone; right click for its colour"
        tabIndex={-1}
        onClick={(event) => context.onToggle(run, event.altKey)}
        onContextMenu={(event) => {
          event.preventDefault();
          const by = event.currentTarget;
          const open = () => context.onColour(run, by);
          // Letting go of the button would close what has opened while it was held.
          if (event.buttons === 0) open();
          else window.addEventListener("pointerup", () => setTimeout(open), { once: true });
        }}
      >
        <span
          className="swatch"
          style={isShown ? { background: context.colourOf(run) } : {}}
          data-off={!isShown}
        />
      </button>
      <Link href={addresses.run({ ...context.at, run: run.name })} title={name} tabIndex={-1}>
        <bdi>{name}</bdi>
      </Link>
      {context.baseline?.name === run.name &&
        (context.isNarrow ? (
          <span role="img" aria-label="baseline">
            ★
          </span>
        ) : (
          <Badge>baseline</Badge>
        ))}
    </span>
  );
}

function configColumn(name: string): TableColumn<RunRow> {
  return {
    id: `config:${name}`,
    title: name,
    widthPx: Math.max(96, Math.min(220, 62 + 8 * name.length)),
    isSortable: true,
    align: "end",
    text: (run) => valueText(run.config[name]),
    hint: (run) => valueHint(run.config[name]),
  };
}

function summaryColumn(name: string, baseline: RunRow | null): TableColumn<RunRow> {
  return {
    id: `summary:${name}`,
    title: name,
    widthPx: Math.max(96, Math.min(240, 62 + 8 * name.length)) + (baseline ? 60 : 0),
    isSortable: true,
    align: "end",
    hint: (run) => valueHint(run.summary[name]),
    ...(baseline === null
      ? { text: (run: RunRow) => valueText(run.summary[name]) }
      : { render: (run: RunRow) => <Against run={run} name={name} baseline={baseline} /> }),
  };
}

function Against({ run, name, baseline }: { run: RunRow; name: string; baseline: RunRow }) {
  const against = baseline.name === run.name ? null : numberOf(baseline.summary[name]);
  return (
    <>
      {valueText(run.summary[name])}
      {against !== null && (
        <small className="run-difference">{formatDifference(numberOf(run.summary[name]), against)}</small>
      )}
    </>
  );
}

const valueText = (value: unknown) =>
  formatValue(typeof value === "boolean" ? value : (numberOf(value) ?? value)).slice(0, 200);
const valueHint = (value: unknown) => (typeof value === "number" ? String(value) : formatValue(value));

function own(id: string, { nowUnixMs }: ColumnContext): Partial<TableColumn<RunRow>> {
  switch (id) {
    case "state":
      return { render: (run) => <StateBadge state={run.state} /> };
    case "created":
      return {
        text: (run) => formatAgo(run.created_unix_ms, nowUnixMs),
        hint: (run) => formatTime(run.created_unix_ms),
      };
    case "duration":
      return { isSortable: false, align: "end", text: (run) => formatDuration(run.duration_secs) };
    case "tags":
      return {
        isSortable: false,
        widthPx: 160,
        render: (run) => (
          <span className="run-tags">
            {run.tags.map((tag) => (
              <Badge key={tag}>{tag}</Badge>
            ))}
          </span>
        ),
      };
    case "user":
      return { text: (run) => formatValue(run.user) };
    case "sweep":
      return { text: (run) => formatValue(run.sweep) };
    default:
      return { text: (run) => formatValue(run.group) };
  }
}
