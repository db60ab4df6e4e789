import { formatNumber, formatValue } from "@/shared/format";
import { denominatorOf } from "./denominators";
import { PanelFrame, type DrawnPanel } from "./Panel";

/** The last value of each metric, large; a line a run. */
export function ScalarPanel({ title, found, known, runs }: DrawnPanel) {
  return (
    <PanelFrame title={title} note="last value">
      <div className="scalars">
        {found.map((metric) => {
          const of = denominatorOf(metric, known);
          return (
            <dl key={metric} className="scalar" data-many={runs.length > 1}>
              <dt title={metric}>
                <bdi>{metric}</bdi>
              </dt>
              {runs.map((run) => (
                <dd key={run.run} title={run.label}>
                  <span className="swatch" style={{ background: run.colour }} />
                  <span className="hidden-text">{run.label}: </span>
                  <b>
                    {run.valueOf(metric) === null
                      ? formatValue(run.rawOf(metric))
                      : formatNumber(run.valueOf(metric))}
                  </b>
                  {of !== null && <small title={of}>n={formatNumber(run.valueOf(of))}</small>}
                </dd>
              ))}
            </dl>
          );
        })}
      </div>
    </PanelFrame>
  );
}
