// The trial that the pointer is on, in words: below the lines, so that nothing covers them.
import { Badge } from "@/shared/components";
import { formatNumber, formatValue } from "@/shared/format";
import { metricAxis, type Axis } from "./axes";
import { lackOf, type Trial } from "./trials";

interface PointedProps {
  trial: Trial | null;
  axes: Axis[];
  metric: string;
  isBest: boolean;
  nameOf: (run: string) => string;
}

export function PointedTrial({ trial, axes, metric, isBest, nameOf }: PointedProps) {
  if (trial === null)
    return <p className="pointed-trial quiet">Point at a line to see its trial; click to open it.</p>;
  return (
    <p className="pointed-trial">
      <b>
        <bdi>{nameOf(trial.run)}</bdi>
      </b>{" "}
      {isBest && <Badge tone="good">best</Badge>} <bdi>{metric}</bdi>{" "}
      <b>{lackOf(trial, metric) ?? formatNumber(trial.value, 5)}</b>
      {axes
        .filter((axis) => axis.id !== metricAxis)
        .map((axis) => (
          <span key={axis.id} className="quiet">
            , <bdi>{axis.label}</bdi> <bdi>{formatValue(trial.parameters[axis.id])}</bdi>
          </span>
        ))}
    </p>
  );
}
