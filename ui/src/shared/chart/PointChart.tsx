// Points over two axes, with paths and the cells of a heat map below them: scatter, best so far, contour.
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Menu } from "@/shared/components";
import { cssColour, themeStore } from "@/shared/theme/theme";
import { formatTick, ticksOf } from "./axis";
import type { Frame } from "./draw";
import { xPixel, yPixel } from "./draw";
import { pngOf, saveFile } from "./export";
import {
  cellAt,
  drawCells,
  drawDot,
  drawPath,
  drawPoints,
  pointAt,
  rangeOf,
  type ChartCell,
  type ChartPath,
  type ChartPoint,
} from "./pointDraw";
import { useSize } from "./useSize";
import "./chart.css";

export interface PointAxis {
  label: string;
  isLog?: boolean;
  /** Names of the places 0, 1, …: the axis shows them instead of numbers. */
  categories?: string[] | null;
  /** Fixed; else all values fit. */
  range?: { min: number; max: number };
}

export interface PointChartProps {
  title: string;
  points: ChartPoint[];
  x: PointAxis;
  y: PointAxis;
  paths?: ChartPath[];
  cells?: ChartCell[];
  highlightId?: string | null;
  onHighlight?: (id: string | null) => void;
  onOpen?: (id: string) => void;
  heightPx?: number;
  /** Said where there is nothing to draw. */
  emptyText?: string;
}

const none: never[] = [];
const reachPx = 14;

export function PointChart(props: PointChartProps) {
  const { title, points, paths = none, cells = none, heightPx = 280, x, y } = props;
  const area = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [widthPx] = useSize(area);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const [hover, setHover] = useState<{ xPx: number; yPx: number; lines: string[] } | null>(null);
  const ranges = useMemo(() => {
    const along = (axis: PointAxis, pick: (one: { x: number; y: number }) => number, inPath: "x" | "y") =>
      axis.range ??
      (axis.categories
        ? { min: -0.5, max: axis.categories.length - 0.5 }
        : rangeOf([...points.map(pick), ...paths.flatMap((path) => path[inPath])], axis.isLog ?? false));
    const [across, up] = [along(x, (one) => one.x, "x"), along(y, (one) => one.y, "y")];
    return across && up ? { x: across, y: up } : null;
  }, [points, paths, x, y]);
  const hasContent = points.length > 0 || cells.length > 0 || paths.some((path) => path.x.length > 0);
  const frame: Frame | null =
    ranges && hasContent && widthPx > 0
      ? {
          left: y.categories ? 92 : 58,
          top: 8,
          width: Math.max(20, widthPx - (y.categories ? 92 : 58) - 14),
          height: heightPx - 8 - 44,
          ...ranges,
          isXLog: x.isLog ?? false,
          isYLog: y.isLog ?? false,
        }
      : null;

  useEffect(() => {
    const target = canvas.current;
    const context = target?.getContext("2d");
    if (!target || !context || !frame) return;
    const ratio = window.devicePixelRatio || 1;
    target.width = Math.round(widthPx * ratio);
    target.height = Math.round(heightPx * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, widthPx, heightPx);
    drawAxes(context, frame, x, y);
    context.save();
    context.beginPath();
    context.rect(frame.left - 5, frame.top - 5, frame.width + 10, frame.height + 10);
    context.clip();
    drawCells(context, cells, frame);
    const edge = cssColour("--ground");
    drawPoints(context, points, frame, edge);
    for (const path of paths) drawPath(context, path, frame);
    const highlighted = points.find((point) => point.id === props.highlightId);
    if (highlighted) drawDot(context, highlighted, frame, 7, cssColour("--text"));
    context.restore();
  });

  const placeOf = (event: React.PointerEvent | React.MouseEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top] as const;
  };
  const onMove = (event: React.PointerEvent) => {
    if (!frame) return;
    const [xPx, yPx] = placeOf(event);
    const point = pointAt(points, frame, xPx, yPx, reachPx);
    const cell = point ? null : cellAt(cells, frame, xPx, yPx);
    const lines = point
      ? [
          point.label,
          `${x.label}: ${textAt(x, point.x)}`,
          `${y.label}: ${textAt(y, point.y)}`,
          ...(point.notes ?? []),
        ]
      : (cell?.notes ?? null);
    setHover(lines ? { xPx, yPx, lines } : null);
    props.onHighlight?.(point?.id ?? null);
  };
  return (
    <figure className="chart">
      <figcaption>
        <bdi title={title}>{title}</bdi>
        <PointMenu {...props} canvas={() => canvas.current} isDrawn={frame !== null} />
      </figcaption>
      <div
        ref={area}
        className="chart-area"
        style={{ height: heightPx }}
        role="img"
        aria-label={`${title}: ${points.length} points, ${y.label} against ${x.label}`}
        data-dark={isDark}
        onPointerMove={onMove}
        onPointerLeave={() => {
          setHover(null);
          props.onHighlight?.(null);
        }}
        onClick={(event) => {
          if (!frame) return;
          const [xPx, yPx] = placeOf(event);
          const point = pointAt(points, frame, xPx, yPx, reachPx);
          if (point) props.onOpen?.(point.id);
        }}
      >
        {frame ? (
          <canvas ref={canvas} className="chart-canvas" />
        ) : (
          <p className="chart-empty">{props.emptyText ?? "No numbers yet"}</p>
        )}
        {hover && <Note {...hover} widthPx={widthPx} />}
      </div>
    </figure>
  );
}

const textAt = (axis: PointAxis, value: number) =>
  axis.categories?.[Math.round(value)] ?? formatTick(value, value / 1000);

function Note({ xPx, yPx, lines, widthPx }: { xPx: number; yPx: number; lines: string[]; widthPx: number }) {
  const style = {
    top: Math.max(0, yPx - 12),
    ...(xPx > widthPx / 2 ? { right: widthPx - xPx + 12 } : { left: xPx + 12 }),
  };
  return (
    <div className="chart-tooltip" style={style}>
      {lines.map((line, at) => (
        <div key={at} className={at === 0 ? "chart-note-title" : "chart-tooltip-x"}>
          <bdi>{line}</bdi>
        </div>
      ))}
    </div>
  );
}

function drawAxes(context: CanvasRenderingContext2D, frame: Frame, x: PointAxis, y: PointAxis): void {
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = cssColour("--muted");
  context.strokeStyle = cssColour("--grid");
  context.lineWidth = 1;
  const bottom = frame.top + frame.height;
  context.textAlign = "center";
  context.textBaseline = "top";
  const xTicks = placesOf(x, frame.x, frame.isXLog, Math.max(2, Math.floor(frame.width / 90)));
  for (const { value, text } of xTicks) {
    const left = xPixel(frame, value);
    line(context, left, frame.top, left, bottom);
    context.fillText(cut(context, text, frame.width / Math.max(1, xTicks.length) - 6), left, bottom + 6);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const { value, text } of placesOf(y, frame.y, frame.isYLog, 5)) {
    const top = yPixel(frame, value);
    line(context, frame.left, top, frame.left + frame.width, top);
    context.fillText(cut(context, text, frame.left - 12), frame.left - 6, top);
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(
    cut(context, `${x.label}${frame.isXLog ? " (log)" : ""}`, frame.width),
    frame.left + frame.width / 2,
    bottom + 36,
  );
}

function placesOf(axis: PointAxis, range: { min: number; max: number }, isLog: boolean, wanted: number) {
  if (axis.categories) return axis.categories.map((text, value) => ({ value, text }));
  const ticks = ticksOf(range.min, range.max, isLog, wanted);
  const spacing = (ticks[1] ?? 0) - (ticks[0] ?? 0);
  return ticks.map((value) => ({ value, text: formatTick(value, isLog ? value : spacing) }));
}

function line(context: CanvasRenderingContext2D, x0: number, y0: number, x1: number, y1: number): void {
  context.beginPath();
  context.moveTo(Math.round(x0) + 0.5, Math.round(y0) + 0.5);
  context.lineTo(Math.round(x1) + 0.5, Math.round(y1) + 0.5);
  context.stroke();
}

/** As much of a text as fits, with an ellipsis where it is cut. */
export function cut(context: CanvasRenderingContext2D, text: string, widthPx: number): string {
  if (context.measureText(text).width <= widthPx) return text;
  const letters = Array.from(text);
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${letters.slice(0, middle).join("")}…`).width <= widthPx) low = middle;
    else high = middle - 1;
  }
  return `${letters.slice(0, low).join("")}…`;
}

function PointMenu({
  title,
  points,
  x,
  y,
  canvas,
  isDrawn,
}: PointChartProps & { canvas: () => HTMLCanvasElement | null; isDrawn: boolean }) {
  const savePng = async () => {
    const drawn = canvas();
    if (drawn) saveFile(`${title}.png`, await pngOf(drawn, cssColour("--ground")));
  };
  const field = (text: string) =>
    `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const saveCsv = () => {
    const lines = points.map((one) => [field(one.id), field(one.label), one.x, one.y].join(","));
    const head = ["id", "label", x.label, y.label].map(field).join(",");
    saveFile(`${title}.csv`, new Blob([`${[head, ...lines].join("\n")}\n`], { type: "text/csv" }));
  };
  return (
    <Menu
      look="plain"
      size="icon"
      aria-label={`${title}: more`}
      label={<span aria-hidden="true">⋯</span>}
      items={[
        { label: "Save as PNG", onSelect: () => void savePng(), isDisabled: !isDrawn },
        { label: "Save as CSV", onSelect: saveCsv, isDisabled: points.length === 0 },
      ]}
    />
  );
}
