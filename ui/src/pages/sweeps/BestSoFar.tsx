import { useMemo, useSyncExternalStore } from "react";
import { PointChart } from "@/shared/chart/PointChart";
import type { ChartPath, ChartPoint } from "@/shared/chart/pointDraw";
import { themeStore } from "@/shared/theme/theme";
import type { Trial } from "./trials";

export interface BestSoFarProps {
  trials: Trial[];
  held: ReadonlySet<string>;
  metric: string;
  isLog: boolean;
  colourOf: (trial: Trial) => string | null;
  nameOf: (run: string) => string;
  highlightId: string | null;
  onHighlight: (run: string | null) => void;
  onOpen: (run: string) => void;
}

/** Each trial in the order of its beginning, and the best until then. */
export function BestSoFar({ trials, held, metric, isLog, colourOf, nameOf, ...shared }: BestSoFarProps) {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const points = useMemo(
    () =>
      trials.flatMap((trial): ChartPoint[] => {
        const colour = colourOf(trial);
        return colour === null
          ? []
          : [
              {
                id: trial.run,
                label: nameOf(trial.run),
                x: trial.number,
                y: trial.value ?? NaN,
                colour,
                isFaint: !held.has(trial.run),
              },
            ];
      }),
    [trials, held, colourOf, nameOf],
  );
  const paths = useMemo((): ChartPath[] => {
    const known = trials.filter((trial) => trial.bestSoFar !== null);
    return [
      {
        id: "best",
        label: "best so far",
        colour: isDark ? "#e7eaee" : "#191d24",
        x: known.map((trial) => trial.number),
        y: known.map((trial) => trial.bestSoFar ?? NaN),
        isStep: true,
      },
    ];
  }, [trials, isDark]);
  return (
    <PointChart
      {...shared}
      title={`${metric}: each trial, and the best so far`}
      points={points}
      paths={paths}
      x={{ label: "trial" }}
      y={{ label: metric, isLog }}
      heightPx={300}
      emptyText="No trial has the metric yet"
    />
  );
}
