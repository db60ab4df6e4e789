import { formatNumber } from "@/shared/format";
import { denominatorOf } from "./denominators";
import { PanelFrame, type DrawnPanel } from "./Panel";
import { shortNames } from "./names";

/** The last value of each run, a group a metric, all over one axis that holds zero. */
export function BarPanel({ panel, title, found, known, runs }: DrawnPanel) {
  const names = shortNames(found);
  const values = found.flatMap((metric) => runs.map((run) => run.valueOf(metric)));
  const finite = values.filter((value): value is number => value !== null && Number.isFinite(value));
  const [low, high] = [Math.min(0, ...finite), Math.max(0, ...finite)];
  const span = high - low || 1;
  const placeOf = (value: number) => ({
    left: `${(100 * (Math.min(0, value) - low)) / span}%`,
    width: `${(100 * Math.abs(value)) / span}%`,
  });
  return (
    <PanelFrame title={title} note={panel.y_axis ?? "last value"}>
      <table className="bars">
        <thead className="hidden-text">
          <tr>
            <th scope="col">Metric</th>
            <th scope="col">Run and value</th>
          </tr>
        </thead>
        <tbody>
          {found.map((metric, at) => {
            const of = denominatorOf(metric, known);
            return (
              <tr key={metric}>
                <th scope="row" title={metric}>
                  <bdi>{names[at]}</bdi>
                </th>
                <td>
                  {runs.map((run) => {
                    const value = run.valueOf(metric);
                    const n = of === null ? null : run.valueOf(of);
                    return (
                      <div key={run.run} className="bar" title={`${run.label}: ${metric}`}>
                        <span className="hidden-text">{run.label}</span>
                        <span className="bar-track">
                          {value !== null && Number.isFinite(value) && (
                            <span style={{ background: run.colour, ...placeOf(value) }} />
                          )}
                        </span>
                        <span className="bar-value">
                          {formatNumber(value)}
                          {of !== null && <small title={of}> n={formatNumber(n)}</small>}
                        </span>
                      </div>
                    );
                  })}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </PanelFrame>
  );
}
