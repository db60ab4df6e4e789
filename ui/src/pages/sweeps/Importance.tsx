import type { ParameterImportance } from "@/api/sweeps";
import { formatCount, formatNumber, formatShare } from "@/shared/format";

/** Which parameters mattered, and what that rests on. */
export function Importance({
  importance,
  metric,
}: {
  importance: ParameterImportance[];
  metric: string | null;
}) {
  if (importance.length === 0)
    return <p className="quiet">The search varies no parameter, so none can matter.</p>;
  const told = importance.some((one) => one.total_effect !== null && one.total_effect !== undefined);
  const n = Math.max(...importance.map((one) => one.n));
  return (
    <>
      <table className="importance">
        <thead className="hidden-text">
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">Share of variance</th>
            <th scope="col">Rank correlation</th>
          </tr>
        </thead>
        <tbody>
          {importance.map((one) => (
            <tr key={one.parameter}>
              <th scope="row" title={one.parameter}>
                <bdi>{one.parameter}</bdi>
              </th>
              <td>
                <span className="importance-track" aria-hidden="true">
                  <span style={{ width: `${100 * Math.min(1, one.total_effect ?? 0)}%` }} />
                </span>
                <b>{formatShare(one.total_effect)}</b>
              </td>
              <td title="Spearman's rank correlation with the metric">
                {one.correlation === null || one.correlation === undefined ? "–" : signed(one.correlation)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        {told ? (
          <>
            Share of the variance of <bdi>{metric ?? "the metric"}</bdi> that goes with the parameter, alone
            or together with others (so the shares may add up to more than 100%), from{" "}
            {formatCount(n, "trial")}. Right: rank correlation with the metric, − where more of it means less;
            “–” where values have no order.
          </>
        ) : (
          <>Only {formatCount(n, "trial")} with a number; below 10 nothing is said of importance.</>
        )}
      </p>
    </>
  );
}

const signed = (value: number) => `${value > 0 ? "+" : ""}${formatNumber(value, 2)}`;
