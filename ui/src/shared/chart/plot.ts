// uPlot gives axes, crosshair and brush; the series are drawn here, each with its own x, which uPlot's aligned
// columns could not hold without joining all runs.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { cssColour } from "@/shared/theme/theme";
import { axisFormat } from "./axis";
import { drawBand, drawLine, drawLines, drawPoint, type Frame } from "./draw";
import { hitAt, hitsAt, type Hit } from "./hover";
import { bandsAtMost, type ChartRange, type ChartSeries, type XKind } from "./series";

export interface HoveredAt {
  xPx: number;
  yPx: number;
  /** In the window. */
  clientX: number;
  clientY: number;
  isShift: boolean;
}

export interface PlotOptions {
  xKind: XKind;
  isXLog: boolean;
  isYLog: boolean;
  /** Charts of one key share their crosshair. */
  syncKey: string | null;
  onZoom: (range: ChartRange | null) => void;
  /** Pixels are of the plotted area; null when the pointer has left. */
  onHover: (at: HoveredAt | null) => void;
}

export interface PlotState {
  x: ChartRange;
  y: ChartRange;
  /** Drawn from the first to the last: what is to lie on top comes last. */
  series: ChartSeries[];
  /** Lines before smoothing, faint below the others. */
  ghosts: ChartSeries[];
  highlightId: string | null;
}

export interface Plot {
  update(state: PlotState): void;
  /** Draws the same once more: colours have changed. */
  redraw(): void;
  resize(widthPx: number, heightPx: number): void;
  /** The area in pixels of the page, from its own left upper corner. */
  area(): { left: number; top: number; width: number; height: number };
  hit(xPx: number, yPx: number): Hit | null;
  hitsAt(xPx: number): Hit[];
  /** Marks one series and one of its places, above the others. */
  mark(hit: Hit | null): void;
  canvas(): HTMLCanvasElement;
  destroy(): void;
}

export function createPlot(element: HTMLElement, options: PlotOptions, first: PlotState): Plot {
  let state = first;
  let pointer: { isShift: boolean; clientX: number; clientY: number } | null = null;
  const marks = document.createElement("canvas");
  marks.className = "chart-marks";

  const u = new uPlot(
    {
      ...sizeOf(element.clientWidth, element.clientHeight),
      padding: [8, 12, 0, 0],
      legend: { show: false },
      scales: {
        x: { time: options.xKind === "time", auto: false, distr: options.isXLog ? 3 : 1, ...state.x },
        y: { auto: false, distr: options.isYLog ? 3 : 1, ...state.y },
      },
      series: [{}, { scale: "y", paths: () => null, points: { show: false } }],
      axes: [axis(0, options.xKind), axis(1, "number")],
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => (options.onZoom(null), null) },
        ...(options.syncKey === null ? {} : { sync: { key: options.syncKey, scales: ["x", null] } }),
      },
      hooks: {
        draw: [drawAll],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width < 4) return;
            options.onZoom({ min: plot.posToVal(left, "x"), max: plot.posToVal(left + width, "x") });
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
        setCursor: [
          (plot) => {
            const { left, top } = plot.cursor;
            if (pointer === null || left === undefined || top === undefined || left < 0) return;
            options.onHover({ xPx: left, yPx: top, ...pointer });
          },
        ],
      },
    },
    [
      [state.x.min, state.x.max],
      [null, null],
    ],
    element,
  );
  u.over.append(marks);
  const point = ({ shiftKey, clientX, clientY }: MouseEvent) =>
    (pointer = { isShift: shiftKey, clientX, clientY });
  u.over.addEventListener("mouseenter", point);
  u.over.addEventListener("mousemove", point, { capture: true });
  u.over.addEventListener("mouseleave", () => {
    pointer = null;
    options.onHover(null);
  });

  function frame(): Frame {
    const { left, top, width, height } = u.bbox;
    return {
      left,
      top,
      width,
      height,
      x: state.x,
      y: state.y,
      isXLog: options.isXLog,
      isYLog: options.isYLog,
    };
  }

  function drawAll(plot: uPlot): void {
    const [context, at] = [plot.ctx, frame()];
    const isLinesOnly = state.series.length > bandsAtMost;
    const many = state.series.length > 12;
    context.save();
    context.beginPath();
    context.rect(at.left, at.top, at.width, at.height);
    context.clip();
    if (!isLinesOnly) for (const series of state.series) drawBand(context, series, at, many ? 0.1 : 0.2);
    const thin = { lineWidth: uPlot.pxRatio, opacity: 0.25, bandOpacity: 0 };
    const normal = {
      lineWidth: (isLinesOnly ? 1 : many ? 1.2 : 1.6) * uPlot.pxRatio,
      opacity: many ? 0.85 : 1,
      bandOpacity: 0,
    };
    for (const lines of byColour(state.ghosts)) drawLines(context, lines, at, thin);
    for (const lines of byColour(state.series)) drawLines(context, lines, at, normal);
    const highlighted = state.series.find((series) => series.id === state.highlightId);
    if (highlighted)
      drawLine(context, highlighted, at, { ...normal, lineWidth: 3 * uPlot.pxRatio, opacity: 1 });
    context.restore();
  }

  function setScales(): void {
    u.batch(() => {
      u.setScale("x", state.x);
      u.setScale("y", state.y);
    });
  }

  const overFrame = () => ({ ...frame(), ...areaOf(u), left: 0, top: 0 });

  return {
    update(next) {
      if (next === state) return;
      const isSameView = sameRange(state.x, next.x) && sameRange(state.y, next.y);
      state = next;
      if (isSameView) u.redraw(false, false);
      else setScales();
    },
    redraw: () => u.redraw(false, false),
    resize(widthPx, heightPx) {
      const size = sizeOf(widthPx, heightPx);
      if (size.width !== u.width || size.height !== u.height) u.setSize(size);
    },
    area: () => areaOf(u),
    hit: (xPx, yPx) => hitAt(state.series, overFrame(), xPx, yPx),
    hitsAt: (xPx) => hitsAt(state.series, overFrame(), xPx),
    mark(hit) {
      const ratio = uPlot.pxRatio;
      const { width, height } = u.bbox;
      if (marks.width !== Math.round(width) || marks.height !== Math.round(height)) {
        marks.width = Math.round(width);
        marks.height = Math.round(height);
      }
      const context = marks.getContext("2d");
      if (!context) return;
      context.clearRect(0, 0, marks.width, marks.height);
      const series = hit === null ? undefined : state.series[hit.series];
      if (hit === null || series === undefined) return;
      const at: Frame = { ...frame(), left: 0, top: 0 };
      drawBand(context, series, at, 0.3);
      drawLine(context, series, at, { lineWidth: 2.6 * ratio, opacity: 1, bandOpacity: 0 });
      drawPoint(context, series, hit.place, at, 4 * ratio);
    },
    canvas: () => u.ctx.canvas,
    destroy: () => u.destroy(),
  };
}

const sizeOf = (widthPx: number, heightPx: number) => ({
  width: Math.max(40, widthPx),
  height: Math.max(40, heightPx),
});

function byColour(series: ChartSeries[]): Iterable<ChartSeries[]> {
  const colours = new Map<string, ChartSeries[]>();
  for (const one of series) {
    const same = colours.get(one.colour);
    if (same) same.push(one);
    else colours.set(one.colour, [one]);
  }
  return colours.values();
}

const sameRange = (a: ChartRange, b: ChartRange) => a.min === b.min && a.max === b.max;
// From what uPlot knows: asking the element would make the browser lay the page out while the pointer moves.
function areaOf({ bbox }: uPlot): { left: number; top: number; width: number; height: number } {
  const ratio = uPlot.pxRatio;
  return {
    left: bbox.left / ratio,
    top: bbox.top / ratio,
    width: bbox.width / ratio,
    height: bbox.height / ratio,
  };
}

function axis(side: 0 | 1, kind: XKind): uPlot.Axis {
  return {
    scale: side === 0 ? "x" : "y",
    stroke: () => cssColour("--muted"),
    grid: { stroke: () => cssColour("--grid"), width: 1 },
    ticks: { stroke: () => cssColour("--grid"), width: 1, size: 4 },
    font: "11px system-ui, sans-serif",
    size:
      side === 0 ? 28 : (_, labels) => 22 + 6.4 * Math.max(3, ...(labels ?? []).map((label) => label.length)),
    gap: 4,
    ...(side === 0 ? { space: 70 } : { space: 32 }),
    ...(kind === "time" ? {} : { values: axisFormat(kind) }),
  };
}
