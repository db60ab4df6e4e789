import { formatNumber, formatValue } from "@/shared/format";
import { metricsOf, tableShapeOf } from "./panel";
import { PanelFrame, type DrawnPanel } from "./Panel";

const rowsAtMost = 300;

/** Last values: a row a source or metric, and a run where several are shown. */
export function TablePanel({ panel, title, found, metrics, runs }: DrawnPanel) {
  const wanted = panel.metrics.length === 0 ? metricsOf(panel.columns, metrics) : found;
  const shape = tableShapeOf(panel.columns, wanted);
  const rows = shape.rows.flatMap((row) => runs.map((run) => ({ row, run }))).slice(0, rowsAtMost);
  const lead = panel.columns.length > 1 ? (panel.columns[0] ?? "") : "metric";
  return (
    <PanelFrame title={title} note="last value">
      <div className="panel-scroll" tabIndex={0} role="region" aria-label={title}>
        <table className="panel-table">
          <thead>
            <tr>
              <th scope="col">{lead}</th>
              {runs.length > 1 && <th scope="col">run</th>}
              {shape.columns.map((column) => (
                <th key={column} scope="col" data-align="end">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ row, run }) => (
              <tr key={`${row}/${run.run}`}>
                <th scope="row">
                  <bdi>{row}</bdi>
                </th>
                {runs.length > 1 && (
                  <td>
                    <span className="swatch" style={{ background: run.colour }} /> <bdi>{run.label}</bdi>
                  </td>
                )}
                {shape.columns.map((column) => {
                  const metric = shape.metricAt(row, column);
                  const value = metric === null ? null : run.valueOf(metric);
                  return (
                    <td key={column} data-align="end" title={metric ?? "no run has it"}>
                      {value === null && metric !== null
                        ? formatValue(run.rawOf(metric))
                        : formatNumber(value)}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shape.rows.length * runs.length > rowsAtMost && <p className="quiet">The first {rowsAtMost} rows.</p>}
    </PanelFrame>
  );
}
