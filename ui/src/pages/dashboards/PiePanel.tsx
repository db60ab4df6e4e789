import { useSyncExternalStore } from "react";
import { formatShare } from "@/shared/format";
import { seriesColour } from "@/shared/theme/palette";
import { themeStore } from "@/shared/theme/theme";
import { shortNames } from "./names";
import { PanelFrame, type DrawnPanel } from "./Panel";
import { arcOf, pieOf } from "./pie";
import type { ShownRun } from "./shownRuns";

const piesAtMost = 12;

/** Shares of the last values, a pie a run. */
export function PiePanel({ title, found, runs }: DrawnPanel) {
  return (
    <PanelFrame title={title} note="share of the last values">
      <div className="pies">
        {runs.slice(0, piesAtMost).map((run) => (
          <OnePie key={run.run} run={run} found={found} isNamed={runs.length > 1} />
        ))}
      </div>
      {runs.length > piesAtMost && <p className="quiet">The first {piesAtMost} runs.</p>}
    </PanelFrame>
  );
}

function OnePie({ run, found, isNamed }: { run: ShownRun; found: string[]; isNamed: boolean }) {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const pie = pieOf(found.map((metric) => ({ metric, value: run.valueOf(metric) })));
  const names = new Map(shortNames(found).map((name, at) => [found[at] ?? "", name]));
  const colourOf = (metric: string) => seriesColour(found.indexOf(metric), isDark);
  return (
    <div className="pie">
      {isNamed && (
        <div className="pie-run">
          <bdi title={run.label}>{run.label}</bdi>
        </div>
      )}
      <svg viewBox="-1.02 -1.02 2.04 2.04" aria-hidden="true">
        {pie.total === 0 ? (
          <circle r="1" className="pie-empty" />
        ) : (
          pie.slices.map((slice) => (
            <path key={slice.metric} d={arcOf(slice)} fill={colourOf(slice.metric)} />
          ))
        )}
      </svg>
      <ul>
        {pie.slices.map((slice) => (
          <li key={slice.metric} title={slice.metric}>
            <span className="swatch" style={{ background: colourOf(slice.metric) }} />
            <bdi>{names.get(slice.metric)}</bdi>{" "}
            <b>{formatShare(pie.total === 0 ? null : slice.share, slice.value, pie.total)}</b>
          </li>
        ))}
        {pie.leftOut.map((metric) => (
          <li key={metric} className="quiet" title={metric}>
            <bdi>{names.get(metric)}</bdi> has no share:{" "}
            {run.valueOf(metric) === null ? "not logged" : "not a number ≥ 0"}
          </li>
        ))}
      </ul>
    </div>
  );
}
