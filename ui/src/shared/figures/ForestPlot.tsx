// Rows of values with intervals on one line. The table is its own text alternative.
import type { ReactNode } from "react";
import { formatNumber, nothing } from "@/shared/format";
import { FigureTable, number, plot } from "./FigureTable";
import { FigureAxis } from "./FigureAxis";
import { IntervalMark } from "./IntervalMark";
import { domainOf, type Domain } from "./scale";
import "./figures.css";

export interface ForestRow {
  id: string;
  label: ReactNode;
  value: number | null;
  interval: readonly number[] | null | undefined;
  /** Rows that it stands on; with `nTotal` as "n of nTotal". Null where it was not measured. */
  n: number | null;
  nTotal?: number;
  tone?: "accent" | "good" | "bad" | "muted";
  note?: ReactNode;
  /** Stands where the mark would be: why there is none. */
  instead?: ReactNode;
}

export interface ForestPlotProps {
  label: string;
  rows: ForestRow[];
  /** Heading of the first column. */
  what: string;
  unit: string;
  /** Held in sight besides the values. */
  include?: number[];
  guides?: number[];
  band?: Domain | null;
  hasNotes?: boolean;
}

export function ForestPlot(props: ForestPlotProps) {
  const { label, rows, what, unit, include = [], guides = [], band = null, hasNotes = false } = props;
  const domain = domainOf([
    ...include,
    ...guides,
    ...(band ? [band.min, band.max] : []),
    ...rows.flatMap((row) => [row.value, ...(row.interval ?? [])]),
  ]) ?? { min: 0, max: 1 };
  return (
    <FigureTable
      label={label}
      headings={[
        what,
        number("Value"),
        plot(
          <>
            <span className="hidden-text">On one line</span>
            <span aria-hidden="true">{unit}</span>
          </>,
        ),
        number("95 % interval"),
        number("n"),
        ...(hasNotes ? ["Note"] : []),
      ]}
    >
      {rows.map((row) => (
        <tr key={row.id}>
          <th scope="row">{row.label}</th>
          <td className="number">{formatNumber(row.value)}</td>
          <td className="forest-plot">
            {row.instead ?? (
              <IntervalMark
                label={null}
                value={row.value}
                interval={row.interval}
                domain={domain}
                guides={guides}
                band={band}
                {...(row.tone ? { tone: row.tone } : {})}
              />
            )}
          </td>
          <td className="number">{intervalText(row.interval)}</td>
          <td className="number">
            {row.nTotal === undefined || row.nTotal === row.n
              ? formatNumber(row.n)
              : `${formatNumber(row.n)} of ${formatNumber(row.nTotal)}`}
          </td>
          {hasNotes && <td className="forest-note">{row.note}</td>}
        </tr>
      ))}
      {rows.some((row) => row.value !== null && Number.isFinite(row.value)) && (
        <tr className="forest-axis">
          <td colSpan={2} />
          <td className="forest-plot">
            <FigureAxis domain={domain} />
          </td>
          <td colSpan={hasNotes ? 3 : 2} />
        </tr>
      )}
    </FigureTable>
  );
}

export function intervalText(interval: readonly number[] | null | undefined): string {
  const [low, high] = interval ?? [];
  return low === undefined || high === undefined ? nothing : `${formatNumber(low)} … ${formatNumber(high)}`;
}
