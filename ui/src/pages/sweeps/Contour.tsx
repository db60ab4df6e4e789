// The metric over two chosen parameters.
import { useMemo } from "react";
import { PointChart } from "@/shared/chart/PointChart";
import type { ChartCell, ChartPoint } from "@/shared/chart/pointDraw";
import { formatCount, formatNumber } from "@/shared/format";
import { metricAxis, unitsOf, type Axis } from "./axes";
import { cellsOf } from "./contour";
import type { Trial } from "./trials";

export interface ContourProps {
  trials: Trial[];
  axes: Axis[];
  x: string;
  y: string;
  metric: string;
  isMaximized: boolean;
  colourOfValue: (value: number) => string;
  nameOf: (run: string) => string;
  highlightId: string | null;
  onHighlight: (run: string | null) => void;
  onOpen: (run: string) => void;
  onChoose: (which: "x" | "y", id: string) => void;
}

export function Contour(props: ContourProps) {
  const { trials, axes, metric, isMaximized, colourOfValue, nameOf } = props;
  const parameters = axes.filter((axis) => axis.id !== metricAxis);
  const x = parameters.find((axis) => axis.id === props.x) ?? parameters[0];
  const y =
    parameters.find((axis) => axis.id === props.y && axis !== x) ?? parameters.find((axis) => axis !== x);
  const cells = useMemo<ChartCell[]>(
    () =>
      x && y
        ? cellsOf(trials, x, y, isMaximized).map((cell) => ({
            ...cell,
            colour: colourOfValue(cell.mean),
            notes: [
              `mean ${formatNumber(cell.mean)}`,
              `${formatCount(cell.trials.length, "trial")}, best ${formatNumber(cell.best)}`,
            ],
          }))
        : [],
    [trials, x, y, isMaximized, colourOfValue],
  );
  const points = useMemo<ChartPoint[]>(
    () =>
      x && y
        ? trials.flatMap((trial) => {
            const [left, up] = [unitsOf(x, trial), unitsOf(y, trial)];
            if (left === null || up === null) return [];
            const isMeasured = trial.value !== null && Number.isFinite(trial.value);
            return {
              id: trial.run,
              label: nameOf(trial.run),
              x: left,
              y: up,
              colour: isMeasured ? colourOfValue(trial.value ?? 0) : "#8a94a0",
              notes: [`${metric}: ${isMeasured ? formatNumber(trial.value) : "none"}`],
            };
          })
        : [],
    [trials, x, y, metric, colourOfValue, nameOf],
  );
  if (!x || !y) return <p className="quiet">With fewer than two parameters there is nothing to lay out.</p>;
  const chartAxis = (axis: Axis) => ({
    label: axis.label,
    isLog: axis.isLog,
    categories: axis.categories,
    range: { min: axis.min, max: axis.max },
  });
  const choose = (which: "x" | "y", chosen: Axis, label: string) => (
    <label>
      {label}
      <select value={chosen.id} onChange={(event) => props.onChoose(which, event.target.value)}>
        {parameters.map((axis) => (
          <option key={axis.id} value={axis.id}>
            {axis.label}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <div className="sweep-contour">
      <div className="sweep-contour-axes">
        {choose("x", x, "Across")}
        {choose("y", y, "Up")}
      </div>
      <PointChart
        title={`Mean ${metric}`}
        points={points}
        cells={cells}
        x={chartAxis(x)}
        y={chartAxis(y)}
        highlightId={props.highlightId}
        onHighlight={props.onHighlight}
        onOpen={props.onOpen}
        heightPx={320}
      />
      <p className="quiet">
        A cell is the exact mean of the trials in it; where no trial lies nothing is drawn, nothing is
        interpolated. Points are trials, grey ones without the metric.
      </p>
    </div>
  );
}
