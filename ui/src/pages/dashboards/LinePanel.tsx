import { useMemo, useState, useSyncExternalStore } from "react";
import { useCurves, xMetricOf, type CurveLine } from "@/api/useCurves";
import { bucketCount } from "@/shared/chart/bucketCount";
import { LineChart } from "@/shared/chart/LineChart";
import type { ChartRange } from "@/shared/chart/series";
import { seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import { shortNames } from "./names";
import { lineAxisOf } from "./panel";
import type { DrawnPanel } from "./Panel";
import type { ShownRun } from "./shownRuns";

const linesAtMost = 120;

export function LinePanel({ at, panel, title, found, runs, widthPx }: DrawnPanel) {
  const [zoom, setZoom] = useState<ChartRange | null>(null);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const lines = useMemo(() => linesOf(runs, found, isDark), [runs, found, isDark]);
  const shown = useMemo(() => lines.slice(0, linesAtMost), [lines]);
  const x = xMetricOf(lineAxisOf(panel));
  const curves = useCurves({
    at,
    runs: shown,
    metric: "",
    xMetric: x.metric,
    zoom,
    buckets: bucketCount(widthPx, devicePixelRatio, shown.length),
  });
  const left = lines.length - linesAtMost;
  return (
    <>
      <LineChart
        title={left > 0 ? `${title} (first ${linesAtMost} of ${lines.length} lines)` : title}
        series={curves.series}
        xLabel={x.label}
        xKind={x.kind}
        zoom={zoom}
        onZoom={setZoom}
        syncKey={`dashboard ${lineAxisOf(panel)}`}
        isLoading={curves.isLoading}
      />
      <Legend found={found} isDark={isDark} />
      {curves.error !== null && <p className="panel-nothing">{messageOf(curves.error)}</p>}
    </>
  );
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** With one metric a line has its run's colour; with several its metric's, and hovering says whose it is. */
export function linesOf(runs: ShownRun[], found: string[], isDark: boolean): CurveLine[] {
  return runs.flatMap((run) =>
    found.map((metric, index) => ({
      run: run.run,
      metric,
      label: found.length === 1 ? run.label : runs.length === 1 ? metric : `${run.label} · ${metric}`,
      colour: found.length === 1 ? run.colour : seriesColour(index, isDark),
    })),
  );
}

const shownAtMost = 12;

function Legend({ found, isDark }: { found: string[]; isDark: boolean }) {
  // Which run has which colour stands above the panels already.
  if (found.length === 1) return null;
  const names = shortNames(found);
  return (
    <ul className="panel-legend">
      {found.slice(0, shownAtMost).map((metric, index) => (
        <li key={metric}>
          <span className="swatch" style={{ background: seriesColour(index, isDark) }} />
          <bdi title={metric}>{names[index]}</bdi>
        </li>
      ))}
      {found.length > shownAtMost && <li className="quiet">and {found.length - shownAtMost} more</li>}
    </ul>
  );
}
