// The training's losses, exact buckets of the run.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useSyncExternalStore } from "react";
import { Link } from "wouter";
import { call } from "@/api/client";
import type { BucketSeries, RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { ErrorState } from "@/shared/components";
import { LineChart } from "@/shared/chart/LineChart";
import type { ChartSeries } from "@/shared/chart/series";
import { seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";

const wanted = /(^|[/_])(loss|eval_loss|mae_penalised)$/;

export function LossCurve({ run }: { run: RunRef }) {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const query = useQuery({
    queryKey: ["loss curve", run],
    queryFn: async ({ signal }) => {
      const path = { ...run };
      const { groups } = await call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/metrics", {
        path,
        signal,
      });
      const keys = groups
        .flatMap((group) => group.metrics.map((one) => one.name))
        .filter((key) => wanted.test(key));
      return Promise.all(
        keys.slice(0, 6).map((key) =>
          call("get", "/api/v1/projects/{entity}/{project}/runs/{run}/buckets", {
            path,
            query: { key },
            signal,
          }),
        ),
      );
    },
  });
  const charts = useMemo(
    () => (query.data ?? []).map((one, place) => toSeries(one, seriesColour(place, isDark))),
    [query.data, isDark],
  );
  return (
    <section aria-labelledby="loss">
      <h2 id="loss">Training</h2>
      {query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      <div className="section-pair">
        {charts.map((series) => (
          <LineChart key={series.id} title={series.label} series={[series]} xLabel="step" heightPx={220} />
        ))}
      </div>
      {query.isSuccess && charts.length === 0 && (
        <p className="quiet">
          The training logged no loss; <Link href={addresses.run(run)}>its run</Link> has what it logged.
        </p>
      )}
    </section>
  );
}

function toSeries(found: BucketSeries, colour: string): ChartSeries {
  const column = (values: (number | null)[]) => Float64Array.from(values, (value) => value ?? NaN);
  return {
    id: found.key,
    label: found.key,
    colour,
    x: Float64Array.from(found.last_steps),
    last: column(found.lasts),
    min: column(found.mins),
    max: column(found.maxs),
  };
}
