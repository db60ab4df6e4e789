import { useMemo, useSyncExternalStore } from "react";
import { useLocation } from "wouter";
import { addresses } from "@/app/addresses";
import { PointChart } from "@/shared/chart/PointChart";
import type { ChartPoint } from "@/shared/chart/pointDraw";
import { formatValue } from "@/shared/format";
import { seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import { pairsOf } from "./panel";
import type { DrawnPanel } from "./Panel";

/** The last values of two metrics: a point a run, and a source where the names have a `*`. */
export function ScatterPanel({ at, panel, title, found, metrics, runs }: DrawnPanel) {
  const [, navigate] = useLocation();
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const pairs = useMemo(
    () => pairsOf(panel.x_axis ?? "", panel.y_axis ?? "", metrics),
    [panel.x_axis, panel.y_axis, metrics],
  );
  const points = useMemo(
    () =>
      runs.flatMap((run) =>
        pairs.flatMap((pair, place): ChartPoint[] => {
          const [x, y] = [run.valueOf(pair.x), run.valueOf(pair.y)];
          if (x === null || y === null || !Number.isFinite(x) || !Number.isFinite(y)) return [];
          return [
            {
              id: `${run.run}/${pair.label}`,
              label: pair.label === "" ? run.label : `${run.label} · ${pair.label}`,
              x,
              y,
              colour: runs.length === 1 && pairs.length > 1 ? seriesColour(place, isDark) : run.colour,
              notes: found.map((metric) => `${metric}: ${formatValue(run.rawOf(metric))}`),
            },
          ];
        }),
      ),
    [runs, pairs, found, isDark],
  );
  const wanted = runs.length * pairs.length;
  return (
    <PointChart
      title={points.length < wanted ? `${title} (${points.length} of ${wanted} points have both)` : title}
      points={points}
      x={{ label: panel.x_axis ?? "" }}
      y={{ label: panel.y_axis ?? "" }}
      onOpen={(id) => navigate(addresses.run({ ...at, run: id.split("/")[0] ?? "" }))}
      emptyText={pairs.length === 0 ? "No run has both metrics" : "No finite values yet"}
    />
  );
}
