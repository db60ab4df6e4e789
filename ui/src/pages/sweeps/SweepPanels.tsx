// The views of one search; what one of them points at or holds shows in all.
import { useCallback, useMemo, useState, useSyncExternalStore } from "react";
import type { ParameterImportance, Sweep } from "@/api/sweeps";
import type { ProjectRef } from "@/api/types";
import { Button, Menu } from "@/shared/components";
import { scaleColour } from "@/shared/chart/colourScale";
import { formatCount, formatNumber } from "@/shared/format";
import { themeStore } from "@/shared/theme/theme";
import { flag, list, optionalText, text, useViewState } from "@/shared/viewState";
import { axisOf, metricAxis, ordered, shareOf, textOf, type Axis } from "./axes";
import { brushCodec, withBrush, withinAll, withoutBrush } from "./brush";
import { BestSoFar } from "./BestSoFar";
import { Contour } from "./Contour";
import { Importance } from "./Importance";
import { ParallelCoordinates } from "./ParallelCoordinates";
import { PointedTrial } from "./PointedTrial";
import { TrialsTable } from "./TrialsTable";
import { lackOf, parametersOf, type Trial } from "./trials";

const codecs = {
  order: list,
  log: list,
  linear: list,
  reversed: list,
  hidden: list,
  within: brushCodec,
  across: optionalText,
  up: optionalText,
  sort: text(""),
  descending: flag(),
};

export interface SweepPanelsProps {
  at: ProjectRef;
  sweep: Sweep;
  trials: Trial[];
  importance: ParameterImportance[];
  names: ReadonlyMap<string, string>;
  onOpen: (run: string) => void;
  onStop: ((run: string) => void) | null;
}

export function SweepPanels({ at, sweep, trials, importance, names, onOpen, onStop }: SweepPanelsProps) {
  const [view, setView] = useViewState(codecs);
  const [highlightId, setHighlight] = useState<string | null>(null);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const metric = sweep.metric ?? "no metric";
  const isMaximized = sweep.is_maximized ?? false;
  const parameters = useMemo(() => parametersOf(trials), [trials]);
  const all = useMemo<Axis[]>(
    () => [...parameters, metricAxis].map((id) => axisOf(trials, id, id === metricAxis ? metric : id, view)),
    [trials, parameters, metric, view],
  );
  const axes = useMemo(() => {
    const ids = ordered(
      all.map((axis) => axis.id),
      view.order,
    ).filter((id) => !view.hidden.includes(id));
    return ids.flatMap((id) => all.find((axis) => axis.id === id) ?? []);
  }, [all, view.order, view.hidden]);
  const within = useMemo(() => withinAll(trials, all, view.within), [trials, all, view.within]);
  const held = useMemo(() => new Set(within.map((trial) => trial.run)), [within]);
  const ofMetric = all.at(-1);
  const colourOfValue = useCallback(
    (value: number) => {
      if (!ofMetric) return "#888888";
      const share = shareOf({ ...ofMetric, isReversed: false }, value);
      return scaleColour(quantised(isMaximized ? share : 1 - share), isDark);
    },
    [ofMetric, isMaximized, isDark],
  );
  const colourOf = useCallback(
    (trial: Trial) => (lackOf(trial, metric) === null ? colourOfValue(trial.value ?? 0) : null),
    [colourOfValue, metric],
  );
  const nameOf = useCallback((run: string) => names.get(run) || run, [names]);
  const toggled = (values: string[], id: string) =>
    values.includes(id) ? values.filter((one) => one !== id) : [...values, id];
  const toggle = (axis: Axis, what: "log" | "reversed" | "hidden") => {
    if (what !== "log") return setView({ [what]: toggled(view[what], axis.id) });
    const without = (values: string[]) => values.filter((one) => one !== axis.id);
    setView(
      axis.isLog
        ? { log: without(view.log), linear: [...without(view.linear), axis.id] }
        : { linear: without(view.linear), log: [...without(view.log), axis.id] },
    );
  };
  const sort = {
    id: view.sort === "" ? "value" : view.sort,
    isDescending: view.sort === "" ? isMaximized : view.descending,
  };
  const lacking = trials.filter((trial) => lackOf(trial, metric) !== null);
  const unfinished = lacking.filter((trial) => trial.state === "running" || trial.state === "pending").length;
  const shared = { highlightId, onHighlight: setHighlight, onOpen };

  return (
    <>
      {lacking.length > 0 && (
        <p className={lacking.length === trials.length ? "sweep-note" : "quiet"}>
          {lacking.length === trials.length
            ? `No trial has logged ${metric}: is the name in the sweep the one that the script logs? `
            : ""}
          {formatNumber(lacking.length)} of {formatCount(trials.length, "trial")} without a finite{" "}
          <bdi>{metric}</bdi>
          {unfinished > 0 && `, of which ${formatNumber(unfinished)} still run`}; dashed where they are drawn.
        </p>
      )}
      <div className="sweep-bar">
        <b aria-live="polite">
          {formatNumber(within.length)} of {formatCount(trials.length, "trial")}
        </b>
        {view.within.map((brush) => {
          const axis = all.find((one) => one.id === brush.axis);
          return axis ? (
            <Button
              key={brush.axis}
              title="Remove the limit"
              onClick={() => setView({ within: withoutBrush(view.within, brush.axis) })}
            >
              <bdi>{axis.label}</bdi> {limitText(axis, brush)} <span aria-hidden="true">✕</span>
            </Button>
          ) : null;
        })}
        {view.hidden.length > 0 && (
          <Menu
            label={formatCount(view.hidden.length, "hidden axis", "hidden axes")}
            items={view.hidden.map((id) => ({
              label: `Show ${id === metricAxis ? metric : id}`,
              onSelect: () => setView({ hidden: toggled(view.hidden, id) }),
            }))}
          />
        )}
        {ofMetric && <Legend axis={ofMetric} isMaximized={isMaximized} isDark={isDark} />}
      </div>
      <ParallelCoordinates
        {...shared}
        trials={trials}
        held={held}
        axes={axes}
        brushes={view.within}
        colourOf={colourOf}
        onOrder={(order) => setView({ order })}
        onToggle={toggle}
        onBrush={(brush, axis, how) =>
          setView({ within: brush ? withBrush(view.within, brush) : withoutBrush(view.within, axis) }, how)
        }
      />
      <PointedTrial
        trial={trials.find((trial) => trial.run === highlightId) ?? null}
        axes={axes}
        metric={metric}
        isBest={highlightId === sweep.best?.run}
        nameOf={nameOf}
      />
      <div className="sweep-columns">
        <section className="sweep-panel" aria-labelledby="importance">
          <h2 id="importance">What mattered</h2>
          <Importance importance={importance} metric={sweep.metric ?? null} />
        </section>
        <BestSoFar
          {...shared}
          trials={trials}
          held={held}
          metric={metric}
          colourOf={colourOf}
          nameOf={nameOf}
          isLog={ofMetric?.isLog ?? false}
        />
      </div>
      <section className="sweep-panel" aria-labelledby="contour">
        <h2 id="contour">Two parameters</h2>
        <Contour
          {...shared}
          trials={within}
          axes={all}
          x={view.across ?? importance[0]?.parameter ?? ""}
          y={view.up ?? importance[1]?.parameter ?? ""}
          metric={metric}
          isMaximized={isMaximized}
          colourOfValue={colourOfValue}
          nameOf={nameOf}
          onChoose={(which, id) => setView(which === "x" ? { across: id } : { up: id })}
        />
      </section>
      <TrialsTable
        {...shared}
        at={at}
        trials={within}
        names={names}
        parameters={parameters}
        metric={metric}
        bestRun={sweep.best?.run ?? null}
        sort={sort}
        onSort={(next) => setView({ sort: next.id, descending: next.isDescending })}
        onStop={onStop}
      />
    </>
  );
}

// A few dozen colours look the same as all of them and are drawn as that many paths.
const quantised = (share: number) => Math.round(share * 40) / 40;

function limitText(axis: Axis, { min, max }: { min: number; max: number }): string {
  if (axis.categories === null) return `${formatNumber(min, 3)} … ${formatNumber(max, 3)}`;
  const names = axis.categories.filter((_, at) => at >= min && at <= max);
  return names.length === 0 ? "none" : names.join(", ").slice(0, 60);
}

function Legend({ axis, isMaximized, isDark }: { axis: Axis; isMaximized: boolean; isDark: boolean }) {
  const shares = [0, 0.25, 0.5, 0.75, 1];
  const colours = shares.map((share) => scaleColour(isMaximized ? share : 1 - share, isDark));
  return (
    <span className="sweep-legend">
      <bdi className="quiet" title={axis.label}>
        {axis.label}
      </bdi>
      {textOf(axis, axis.min)}
      {isMaximized ? "" : " (best)"}
      <span
        className="sweep-legend-bar"
        aria-hidden="true"
        style={{ background: `linear-gradient(to right, ${colours.join(", ")})` }}
      />
      {textOf(axis, axis.max)}
      {isMaximized ? " (best)" : ""}
    </span>
  );
}
