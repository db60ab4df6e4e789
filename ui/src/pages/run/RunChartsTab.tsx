import { useMemo, useSyncExternalStore } from "react";
import { useMetrics } from "@/api/runDetails";
import { useCurves, xMetricOf } from "@/api/useCurves";
import { bucketCount } from "@/shared/chart/bucketCount";
import { ChartControls, foldingOf, smoothingOf } from "@/shared/chart/ChartControls";
import { ChartGrid } from "@/shared/chart/ChartGrid";
import { searchMetrics } from "@/shared/chart/chartRows";
import { LineChart } from "@/shared/chart/LineChart";
import { EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { useChosenColours } from "@/shared/theme/chosenColours";
import { paletteStart, seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import type { TabProps } from "./view";

export function RunChartsTab({ at, run, view, setView }: TabProps) {
  const groups = useMetrics(at);
  const chosen = useChosenColours(`${at.entity}/${at.project}`).get(at.run);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const names = useMemo(
    () =>
      (groups.data ?? [])
        .flatMap((group) => group.metrics)
        .filter((metric) => metric.kind === "number" && !metric.name.startsWith("_"))
        .map((metric) => metric.name),
    [groups.data],
  );
  const folding = useMemo(() => foldingOf(view), [view]);
  const shown = useMemo(() => searchMetrics(names, view.chart), [names, view.chart]);
  const runs = useMemo(
    () => [
      {
        run: at.run,
        label: run.display_name || run.name,
        colour: seriesColour(chosen ?? paletteStart(at.run), isDark),
      },
    ],
    [at.run, chosen, run.display_name, run.name, isDark],
  );
  if (groups.isPending) return <LoadingState label="Metrics are coming" />;
  if (groups.isError) return <ErrorState error={groups.error} onRetry={() => void groups.refetch()} />;
  return (
    <div className="run-charts">
      <ChartControls choices={view} onChange={setView} xMetrics={names} />
      {shown.length === 0 ? (
        <EmptyState title={names.length === 0 ? "No numbers logged yet" : "No metric is called so"}>
          {names.length === 0 && <p>They appear here as soon as the script logs them.</p>}
        </EmptyState>
      ) : (
        <ChartGrid
          label="Charts"
          metrics={shown}
          folding={folding}
          onFolding={setView}
          renderChart={(metric, heightPx, widthPx) => (
            <MetricChart
              at={at}
              runs={runs}
              metric={metric}
              heightPx={heightPx}
              widthPx={widthPx}
              view={view}
              setView={setView}
            />
          )}
        />
      )}
    </div>
  );
}

interface MetricChartProps extends Omit<TabProps, "run"> {
  runs: { run: string; label: string; colour: string }[];
  metric: string;
  heightPx: number;
  widthPx: number;
}

function MetricChart({ at, runs, metric, heightPx, widthPx, view, setView }: MetricChartProps) {
  const x = xMetricOf(view.x);
  const buckets = bucketCount(widthPx, devicePixelRatio, runs.length);
  const curves = useCurves({ at, runs, metric, xMetric: x.metric, zoom: view.zoom, buckets });
  const smoothing = useMemo(() => smoothingOf(view), [view]);
  if (curves.error !== null && curves.series.length === 0) return <ErrorState error={curves.error} />;
  return (
    <LineChart
      title={metric}
      series={curves.series}
      xLabel={x.label}
      xKind={x.kind}
      isXLog={view.xlog}
      isYLog={view.ylog}
      isClipped={view.clip}
      smoothing={smoothing}
      zoom={view.zoom}
      onZoom={(zoom) => setView({ zoom })}
      syncKey="run"
      heightPx={heightPx}
      isLoading={curves.isLoading}
    />
  );
}
