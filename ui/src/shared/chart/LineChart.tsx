// Lines over a common x: exact band of least and greatest, line of the last value. Brush to zoom (the page asks
// for exact buckets of the range), double click for all, hover for the nearest line, Shift for all values.
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Menu } from "@/shared/components";
import { formatNumber } from "@/shared/format";
import { cssColour, themeStore } from "@/shared/theme/theme";
import { useLatest } from "@/shared/useLatest";
import { ChartTooltip, type Hovered } from "./ChartTooltip";
import { csvOf, pngOf, saveFile, svgOf } from "./export";
import { createPlot, type Plot, type PlotState } from "./plot";
import { xRangeOf, yRangeOf } from "./scales";
import { isFiniteSomewhere, type ChartRange, type ChartSeries, type Smoothing, type XKind } from "./series";
import { smoothSeries } from "./smoothing";
import "./chart.css";

export interface LineChartProps {
  title: string;
  series: ChartSeries[];
  xLabel: string;
  xKind?: XKind;
  isXLog?: boolean;
  isYLog?: boolean;
  /** Leaves the outermost hundredth on either side out of the range of y. */
  isClipped?: boolean;
  smoothing?: Smoothing;
  /** What is in sight; null for all. The page keeps it (in the address) and fetches for it. */
  zoom?: ChartRange | null;
  onZoom?: (range: ChartRange | null) => void;
  /** Values are shown with their difference from this series. */
  baselineId?: string | null;
  highlightId?: string | null;
  onHighlight?: (id: string | null) => void;
  syncKey?: string | null;
  heightPx?: number;
  isLoading?: boolean;
  /** More entries of the chart's menu. */
  actions?: { label: string; onSelect: () => void }[];
}

const noSmoothing: Smoothing = { kind: "none" };

export function LineChart(props: LineChartProps) {
  const {
    title,
    series,
    isXLog = false,
    isYLog = false,
    isClipped = false,
    smoothing = noSmoothing,
    zoom = null,
    heightPx = 240,
  } = props;
  const smoothed = useMemo(() => smoothSeries(series, smoothing), [series, smoothing]);
  const state = useMemo<PlotState | null>(() => {
    const x = zoom ?? xRangeOf(series, isXLog);
    const y = x && (yRangeOf(series, x, isYLog, isClipped) ?? { min: isYLog ? 0.1 : 0, max: 1 });
    if (x === null || y === null) return null;
    return {
      x,
      y,
      series: smoothed,
      ghosts: smoothed === series ? [] : series,
      highlightId: props.highlightId ?? null,
    };
  }, [series, smoothed, zoom, isXLog, isYLog, isClipped, props.highlightId]);
  const isEmpty = state === null || !isFiniteSomewhere(series);
  const plot = useRef<Plot | null>(null);

  return (
    <figure className="chart" data-loading={props.isLoading ?? false}>
      <figcaption>
        <bdi title={title}>{title}</bdi>
        <ChartMenu {...props} plot={() => plot.current} state={state} />
      </figcaption>
      <div
        className="chart-area"
        style={{ height: heightPx }}
        role="img"
        aria-label={summaryOf(title, series)}
      >
        {state !== null && !isEmpty && <Canvas {...props} state={state} plotRef={plot} />}
        {isEmpty && <p className="chart-empty">{props.isLoading ? "Loading…" : emptyText(series, zoom)}</p>}
      </div>
    </figure>
  );
}

function Canvas(props: LineChartProps & { state: PlotState; plotRef: React.RefObject<Plot | null> }) {
  const { state, plotRef, xKind = "number", isXLog = false, isYLog = false, syncKey = null } = props;
  const element = useRef<HTMLDivElement>(null);
  const latest = useLatest(props);
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);

  useEffect(() => {
    const parent = element.current;
    if (!parent) return;
    const plot = createPlot(
      parent,
      {
        xKind,
        isXLog,
        isYLog,
        syncKey,
        onZoom: (range) => latest.current.onZoom?.(range),
        onHover: (at) => {
          const hit = at === null ? null : plot.hit(at.xPx, at.yPx);
          plot.mark(hit);
          setHovered(
            at === null || hit === null
              ? null
              : {
                  hits: at.isShift ? plot.hitsAt(at.xPx) : [hit],
                  nearest: hit,
                  clientX: at.clientX,
                  clientY: at.clientY,
                },
          );
        },
      },
      latest.current.state,
    );
    plotRef.current = plot;
    const observer = new ResizeObserver(() => plot.resize(parent.clientWidth, parent.clientHeight));
    observer.observe(parent);
    return () => {
      observer.disconnect();
      plotRef.current = null;
      plot.destroy();
    };
  }, [xKind, isXLog, isYLog, syncKey, latest, plotRef]);
  useEffect(() => plotRef.current?.update(state), [state, plotRef]);
  const drawnDark = useRef(isDark);
  useEffect(() => {
    if (drawnDark.current !== isDark) plotRef.current?.redraw();
    drawnDark.current = isDark;
  }, [isDark, plotRef]);

  return (
    <>
      <div ref={element} className="chart-plot" />
      {hovered && (
        <ChartTooltip
          hovered={hovered}
          series={state.series}
          xKind={xKind}
          xLabel={props.xLabel}
          baselineId={props.baselineId ?? null}
        />
      )}
    </>
  );
}

interface ChartMenuProps extends LineChartProps {
  plot: () => Plot | null;
  state: PlotState | null;
}

function ChartMenu({
  title,
  series,
  xLabel,
  xKind = "number",
  zoom,
  onZoom,
  actions = [],
  plot,
  state,
  ...rest
}: ChartMenuProps) {
  const saveSvg = () => {
    const area = plot()?.area();
    if (!area || !state) return;
    const frame = {
      ...area,
      left: 56,
      top: 30,
      x: state.x,
      y: state.y,
      isXLog: rest.isXLog ?? false,
      isYLog: rest.isYLog ?? false,
    };
    const svg = svgOf({ title, xLabel, xKind, series: state.series, frame });
    saveFile(`${title}.svg`, new Blob([svg], { type: "image/svg+xml" }));
  };
  const savePng = async () => {
    const canvas = plot()?.canvas();
    if (canvas) saveFile(`${title}.png`, await pngOf(canvas, cssColour("--ground")));
  };
  return (
    <Menu
      look="plain"
      size="icon"
      aria-label={`${title}: more`}
      label={<span aria-hidden="true">⋯</span>}
      items={[
        ...actions,
        ...(zoom && onZoom ? [{ label: "Show all", onSelect: () => onZoom(null) }] : []),
        { label: "Save as PNG", onSelect: () => void savePng(), isDisabled: state === null },
        { label: "Save as SVG", onSelect: saveSvg, isDisabled: state === null },
        {
          label: "Save as CSV",
          onSelect: () =>
            saveFile(`${title}.csv`, new Blob([csvOf({ xLabel, series })], { type: "text/csv" })),
        },
      ]}
    />
  );
}

function emptyText(series: ChartSeries[], zoom: ChartRange | null): string {
  if (series.length === 0)
    return zoom ? "Nothing in this range; double click the other charts for all" : "No numbers yet";
  return "Only NaN or infinite values";
}

function summaryOf(title: string, series: ChartSeries[]): string {
  const named = series.slice(0, 5).map((one) => `${one.label}: ${formatNumber(one.last.at(-1))} at last`);
  const more = series.length > 5 ? `, and ${series.length - 5} more` : "";
  return `Line chart of ${title}, ${series.length} series. ${named.join("; ")}${more}`;
}
