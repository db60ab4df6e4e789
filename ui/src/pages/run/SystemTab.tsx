import { useMemo, useSyncExternalStore } from "react";
import { useSystem } from "@/api/runDetails";
import { ChartGrid } from "@/shared/chart/ChartGrid";
import { LineChart } from "@/shared/chart/LineChart";
import { EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { numberOf } from "@/shared/format";
import { seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import type { TabProps } from "./view";

/** What the client measured of its machine: sampled, so without a band. */
export function SystemTab({ at }: TabProps) {
  const system = useSystem(at);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const series = useMemo(() => {
    const x = Float64Array.from(system.data?.runtime_secs ?? [], Number);
    return new Map(
      (system.data?.metrics ?? []).map(({ name, values }) => {
        const last = Float64Array.from(values as unknown[], (value) => numberOf(value) ?? NaN);
        const one = {
          id: name,
          label: name,
          colour: seriesColour(0, isDark),
          x,
          last,
          min: last,
          max: last,
          hasBand: false,
        };
        return [name, [one]];
      }),
    );
  }, [system.data, isDark]);
  if (system.isPending) return <LoadingState label="Metrics of the machine are coming" />;
  if (system.isError) return <ErrorState error={system.error} onRetry={() => void system.refetch()} />;
  const names = [...series.keys()].filter((name) => !name.startsWith("_"));
  if (names.length === 0) return <EmptyState title="Nothing was measured of the machine" />;
  return (
    <div className="run-charts">
      <ChartGrid
        label="Charts of the machine"
        metrics={names}
        renderChart={(name, heightPx) => (
          <LineChart
            title={name}
            series={series.get(name) ?? []}
            xLabel="time"
            xKind="duration"
            syncKey="system"
            heightPx={heightPx}
          />
        )}
      />
    </div>
  );
}
