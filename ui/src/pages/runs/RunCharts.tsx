// Curves of the runs in the table, a chart a metric.
import { useMemo } from "react";
import { resultColumns } from "@/api/results";
import type { ColumnList, ProjectRef } from "@/api/types";
import { useMetricsBesides } from "@/api/projects";
import { useCurves, xMetricOf } from "@/api/useCurves";
import { bucketCount } from "@/shared/chart/bucketCount";
import { ChartControls, foldingOf, smoothingOf } from "@/shared/chart/ChartControls";
import { ChartGrid } from "@/shared/chart/ChartGrid";
import { searchMetrics } from "@/shared/chart/chartRows";
import { LineChart } from "@/shared/chart/LineChart";
import type { ChartSeries } from "@/shared/chart/series";
import { EmptyState, ErrorState } from "@/shared/components";
import type { SetView } from "@/shared/viewState";
import { groupSeries } from "./groupSeries";
import type { DrawnRuns } from "./useDrawnRuns";
import type { codecs, RunsView } from "./view";

export interface RunChartsProps {
  at: ProjectRef;
  columns: ColumnList;
  view: RunsView;
  setView: SetView<typeof codecs>;
  drawn: DrawnRuns;
}

export function RunCharts(props: RunChartsProps) {
  const { columns, view, setView, drawn } = props;
  const summarised = useMemo(
    () =>
      resultColumns(columns)
        .filter((column) => column.numbers > 0)
        .map((column) => column.name),
    [columns],
  );
  const others = useMetricsBesides(props.at, summarised);
  const metrics = useMemo(
    () => [...summarised, ...others].filter((name) => !/^(_|system\.)/.test(name)).sort(),
    [summarised, others],
  );
  const folding = useMemo(() => foldingOf(view), [view]);
  const shown = useMemo(() => searchMetrics(metrics, view.chart), [metrics, view.chart]);
  if (drawn.error !== null) return <ErrorState error={drawn.error} />;
  return (
    <div className="runs-charts">
      <ChartControls choices={view} onChange={setView} xMetrics={metrics} />
      {shown.length === 0 ? (
        <EmptyState
          title={metrics.length === 0 ? "No run has logged a number yet" : "No metric is called so"}
        />
      ) : (
        <ChartGrid
          label="Charts"
          metrics={shown}
          folding={folding}
          onFolding={setView}
          renderChart={(metric, heightPx, widthPx) => (
            <MetricChart {...props} metric={metric} heightPx={heightPx} widthPx={widthPx} />
          )}
        />
      )}
    </div>
  );
}

function MetricChart({
  at,
  view,
  setView,
  drawn,
  metric,
  heightPx,
  widthPx,
}: RunChartsProps & { metric: string; heightPx: number; widthPx: number }) {
  const x = xMetricOf(view.x);
  const curves = useCurves({
    at,
    runs: drawn.runs,
    metric,
    xMetric: x.metric,
    zoom: view.zoom,
    buckets: bucketCount(widthPx, devicePixelRatio, drawn.runs.length),
  });
  const series = useMemo(
    () => (view.group === null ? curves.series : grouped(curves.series, drawn)),
    [curves.series, view.group, drawn],
  );
  const smoothing = useMemo(() => smoothingOf(view), [view]);
  if (curves.error !== null && series.length === 0) return <ErrorState error={curves.error} />;
  return (
    <LineChart
      title={metric}
      series={series}
      xLabel={x.label}
      xKind={x.kind}
      isXLog={view.xlog}
      isYLog={view.ylog}
      isClipped={view.clip}
      smoothing={smoothing}
      zoom={view.zoom}
      onZoom={(zoom) => setView({ zoom })}
      baselineId={view.base}
      highlightId={view.base}
      syncKey="runs"
      heightPx={heightPx}
      isLoading={curves.isLoading}
    />
  );
}

function grouped(series: ChartSeries[], drawn: DrawnRuns): ChartSeries[] {
  const runs = new Map(drawn.runs.map((run) => [run.run, run]));
  const groups = new Map<string, ChartSeries[]>();
  for (const one of series) {
    const group = runs.get(one.id)?.group ?? "–";
    groups.set(group, [...(groups.get(group) ?? []), one]);
  }
  return [...groups].flatMap(
    ([group, of]) => groupSeries(group, group, of[0]?.colour ?? "#888888", of) ?? [],
  );
}
