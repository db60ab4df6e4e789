// Every metric of the report, with interval and denominator.
import type { EvalReport } from "@/api/evaluations";
import { FigureTable, intervalText, number } from "@/shared/figures";
import { formatDuration, formatShare, nothing } from "@/shared/format";
import { denominatorOf, formatFigure, groupsOf } from "../figures";
import type { Figure } from "@/api/evaluations";

export function MetricsTab({ report }: { report: EvalReport }) {
  return (
    <div className="sections">
      {groupsOf(report.metrics).map((group) => (
        <section key={group.title} aria-label={group.title}>
          <h2>{group.title}</h2>
          <FigureTable
            label={`Metrics: ${group.title}`}
            headings={["Metric", number("Value"), number("95 % interval"), number("n"), "Unit"]}
          >
            {group.metrics.map(({ name, figure }) => (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {name === report.primary_score.metric && <span className="quiet"> (primary)</span>}
                </th>
                <td className="number">{formatFigure(figure)}</td>
                <td className="number">{intervalOf(figure)}</td>
                <td className="number">{denominatorOf(figure)}</td>
                <td>{figure.unit}</td>
              </tr>
            ))}
          </FigureTable>
        </section>
      ))}
    </div>
  );
}

function intervalOf(figure: Figure): string {
  const [low, high] = figure.interval95 ?? [];
  if (low === undefined || high === undefined) return nothing;
  if (figure.unit === "fraction") return `${formatShare(low)} … ${formatShare(high)}`;
  if (figure.unit.startsWith("secs")) return `${formatDuration(low)} … ${formatDuration(high)}`;
  return intervalText(figure.interval95);
}
