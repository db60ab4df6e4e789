// Charts by the prefix of their names, as many columns as fit; only those in sight are in the page, so that
// twenty thousand are as quick as ten.
import { useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { formatCount } from "@/shared/format";
import { useSize } from "./useSize";
import { chartRows, closedSections, largestSection, toggleSection, type Folding } from "./chartRows";

export interface ChartGridProps {
  label: string;
  metrics: string[];
  /** Draws one; `heightPx` is that of the plot, `widthPx` that of the whole chart. */
  renderChart: (metric: string, heightPx: number, widthPx: number) => ReactNode;
  narrowestPx?: number;
  /** Which sections are closed, where the page keeps it; else the grid does. */
  folding?: Folding;
  onFolding?: (folding: Folding) => void;
}

const plotPx = 220;
const rowPx = plotPx + 50;
const headPx = 40;
const gapPx = 10;
const allOpen: Folding = { folded: false, toggled: [] };

export function ChartGrid({
  label,
  metrics,
  renderChart,
  narrowestPx = 340,
  folding,
  onFolding,
}: ChartGridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [widthPx] = useSize(scroller);
  const [ownFolding, setOwnFolding] = useState<Folding>(allOpen);
  const { folded, toggled } = folding ?? ownFolding;
  const closed = useMemo(() => closedSections(metrics, { folded, toggled }), [metrics, folded, toggled]);
  const columns = Math.min(
    Math.max(1, Math.floor(widthPx / narrowestPx)),
    useMemo(() => largestSection(metrics), [metrics]),
  );
  const rows = useMemo(() => chartRows(metrics, columns, closed), [metrics, columns, closed]);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (rows[index]?.kind === "head" ? headPx : rowPx),
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 1,
  });
  useEffect(() => virtual.measure(), [rows, virtual]);

  const chartPx = (widthPx - gapPx * (columns - 1)) / columns;
  const toggle = (section: string) =>
    (onFolding ?? setOwnFolding)({ folded, toggled: toggleSection(toggled, section) });
  return (
    <div ref={scroller} className="chart-grid" tabIndex={0} role="region" aria-label={label}>
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {/* Nothing is asked for before it is known how wide a chart is. */}
        {(widthPx === 0 ? [] : virtual.getVirtualItems()).map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const style = { transform: `translateY(${item.start}px)`, height: item.size };
          return row.kind === "head" ? (
            <div key={item.key} className="chart-grid-head" style={style}>
              <button
                type="button"
                aria-expanded={!closed.has(row.section)}
                onClick={() => toggle(row.section)}
              >
                <span aria-hidden="true">{closed.has(row.section) ? "▸" : "▾"}</span>
                <bdi>{row.section || "without prefix"}</bdi>
                <small>{formatCount(row.count, "chart")}</small>
              </button>
            </div>
          ) : (
            <div
              key={item.key}
              className="chart-grid-row"
              style={{ ...style, gap: gapPx, gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))` }}
            >
              {row.metrics.map((metric) => (
                <div key={metric}>{renderChart(metric, plotPx, chartPx)}</div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
