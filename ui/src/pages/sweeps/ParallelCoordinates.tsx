// One line a trial over the axes of all parameters and the metric. Drag a name to move its axis, drag along an
// axis to hold only what passes there; the menu of each axis does the same for the keyboard.
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { formatTick, ticksOf } from "@/shared/chart/axis";
import { cut } from "@/shared/chart/PointChart";
import { useSize } from "@/shared/chart/useSize";
import { formatNumber } from "@/shared/format";
import { cssColour, themeStore } from "@/shared/theme/theme";
import { AxisControls } from "./AxisControls";
import { moved, shareOf, type Axis } from "./axes";
import type { Brush } from "./brush";
import { drawPolylines, lineAt, polylinesOf, type ParallelFrame, type Polyline } from "./parallelDraw";
import type { Trial } from "./trials";

export interface ParallelCoordinatesProps {
  trials: Trial[];
  /** Those that all brushes hold. */
  held: ReadonlySet<string>;
  axes: Axis[];
  brushes: Brush[];
  colourOf: (trial: Trial) => string | null;
  highlightId: string | null;
  onHighlight: (run: string | null) => void;
  onOpen: (run: string) => void;
  onOrder: (ids: string[]) => void;
  onBrush: (brush: Brush | null, axis: string, how: "push" | "replace") => void;
  onToggle: (axis: Axis, what: "log" | "reversed" | "hidden") => void;
}

const heightPx = 380;
const narrowestPx = 104;
const sidePx = 62;
const reachPx = 12;

export function ParallelCoordinates(props: ParallelCoordinatesProps) {
  const { trials, held, axes, colourOf, highlightId } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const marks = useRef<HTMLCanvasElement>(null);
  const [seenPx] = useSize(scroller);
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const [drag, setDrag] = useState<{ id: string; xPx: number } | null>(null);
  const widthPx = Math.max(seenPx, 2 * sidePx + narrowestPx * Math.max(1, axes.length - 1));
  const frame = useMemo<ParallelFrame>(() => {
    const step = axes.length < 2 ? 0 : (widthPx - 2 * sidePx) / (axes.length - 1);
    return {
      xs: axes.map((axis, at) => (drag?.id === axis.id ? drag.xPx : sidePx + at * step)),
      top: 48,
      bottom: heightPx - 52,
      missingY: heightPx - 22,
    };
  }, [axes, widthPx, drag]);
  const lines = useMemo(() => polylinesOf(trials, axes, frame), [trials, axes, frame]);

  useEffect(() => {
    const context = begin(base.current, widthPx);
    if (!context || seenPx === 0) return;
    const faint = cssColour("--muted");
    const count = held.size;
    const opacity = count > 800 ? 0.3 : count > 200 ? 0.5 : 0.85;
    drawPolylines(context, lines, frame, ({ trial }) =>
      held.has(trial.run) ? null : { colour: faint, opacity: trials.length > 400 ? 0.05 : 0.14, widthPx: 1 },
    );
    drawPolylines(context, lines, frame, ({ trial }) =>
      held.has(trial.run)
        ? { colour: colourOf(trial) ?? faint, opacity, widthPx: count > 200 ? 1 : 1.4 }
        : null,
    );
    drawAxes(
      context,
      axes,
      frame,
      lines.some((line) => !line.isWhole),
    );
  }, [lines, frame, axes, held, colourOf, widthPx, seenPx, isDark, trials.length]);

  useEffect(() => {
    const context = begin(marks.current, widthPx);
    const line = lines.find((one) => one.trial.run === highlightId);
    if (!context || !line) return;
    drawPolylines(context, [line], frame, () => ({
      colour: cssColour("--ground"),
      opacity: 0.9,
      widthPx: 6,
    }));
    drawPolylines(context, [line], frame, ({ trial }) => ({
      colour: colourOf(trial) ?? cssColour("--muted"),
      opacity: 1,
      widthPx: 3,
    }));
  }, [lines, frame, highlightId, colourOf, widthPx, isDark]);

  const hitOf = (event: React.PointerEvent | React.MouseEvent): Polyline | null => {
    const box = event.currentTarget.getBoundingClientRect();
    const shown = lines.filter(({ trial }) => held.has(trial.run));
    return lineAt(shown, frame, event.clientX - box.left, event.clientY - box.top, reachPx);
  };
  const drop = (id: string, xPx: number) => {
    setDrag(null);
    const others = axes.filter((axis) => axis.id !== id);
    const step = (widthPx - 2 * sidePx) / Math.max(1, axes.length - 1);
    const place = Math.round((xPx - sidePx) / step);
    const ids = moved([id, ...others.map((axis) => axis.id)], id, place);
    if (ids.join("\n") !== axes.map((axis) => axis.id).join("\n")) props.onOrder(ids);
  };
  return (
    <div ref={scroller} className="parallel" role="region" aria-label="Parallel coordinates" tabIndex={0}>
      <div className="parallel-inner" style={{ width: widthPx, height: heightPx }}>
        <div
          className="parallel-area"
          role="img"
          aria-label={`${held.size} of ${trials.length} trials over ${axes.map((axis) => axis.label).join(", ")}`}
          onPointerMove={(event) => props.onHighlight(hitOf(event)?.trial.run ?? null)}
          onPointerLeave={() => props.onHighlight(null)}
          onClick={(event) => {
            const hit = hitOf(event);
            if (hit) props.onOpen(hit.trial.run);
          }}
        >
          <canvas ref={base} className="parallel-canvas" />
          <canvas ref={marks} className="parallel-canvas" />
        </div>
        {axes.map((axis, at) => (
          <AxisControls
            key={axis.id}
            axis={axis}
            xPx={frame.xs[at] ?? 0}
            widthPx={Math.min(170, widthPx / Math.max(1, axes.length) - 6)}
            top={frame.top}
            bottom={frame.bottom}
            brush={props.brushes.find((brush) => brush.axis === axis.id) ?? null}
            onBrush={(brush, how) => props.onBrush(brush, axis.id, how)}
            onToggle={(what) => props.onToggle(axis, what)}
            onDrag={(xPx) => setDrag({ id: axis.id, xPx })}
            onDrop={(xPx) => drop(axis.id, xPx)}
            onStep={(by) =>
              props.onOrder(
                moved(
                  axes.map((one) => one.id),
                  axis.id,
                  at + by,
                ),
              )
            }
            place={at}
            count={axes.length}
          />
        ))}
      </div>
    </div>
  );
}

function begin(canvas: HTMLCanvasElement | null, widthPx: number): CanvasRenderingContext2D | null {
  const context = canvas?.getContext("2d") ?? null;
  if (!canvas || !context) return null;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(widthPx * ratio);
  canvas.height = Math.round(heightPx * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, widthPx, heightPx);
  return context;
}

function drawAxes(
  context: CanvasRenderingContext2D,
  axes: Axis[],
  frame: ParallelFrame,
  hasMissing: boolean,
): void {
  const [text, ground, strong] = [cssColour("--text"), cssColour("--ground"), cssColour("--border-strong")];
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  axes.forEach((axis, at) => {
    const x = Math.round(frame.xs[at] ?? 0) + 0.5;
    const isLast = at === axes.length - 1 && at > 0;
    context.strokeStyle = strong;
    context.beginPath();
    context.moveTo(x, frame.top);
    context.lineTo(x, frame.bottom);
    context.stroke();
    context.textAlign = isLast ? "right" : "left";
    const beside = isLast ? x - 6 : x + 6;
    for (const { units, label } of ticksAlong(axis)) {
      const y = frame.bottom - shareOf(axis, units) * (frame.bottom - frame.top);
      context.beginPath();
      context.moveTo(x - 3, y);
      context.lineTo(x + 3, y);
      context.stroke();
      halo(context, cut(context, label, 90), beside, y, text, ground);
    }
    if (hasMissing) halo(context, "none", beside, frame.missingY, cssColour("--muted"), ground);
  });
}

function halo(
  context: CanvasRenderingContext2D,
  label: string,
  x: number,
  y: number,
  text: string,
  ground: string,
): void {
  const stroke = context.strokeStyle;
  context.strokeStyle = ground;
  context.lineWidth = 3.5;
  context.lineJoin = "round";
  context.strokeText(label, x, y);
  context.lineWidth = 1;
  context.strokeStyle = stroke;
  context.fillStyle = text;
  context.fillText(label, x, y);
}

function ticksAlong(axis: Axis): { units: number; label: string }[] {
  if (axis.categories !== null) {
    const every = Math.ceil(axis.categories.length / 24);
    return axis.categories.map((label, units) => ({ units, label })).filter((_, at) => at % every === 0);
  }
  const ticks = ticksOf(axis.min, axis.max, axis.isLog, 6);
  const shown = ticks.length > 2 ? ticks : [axis.min, ...ticks, axis.max];
  if (axis.isLog || ticks.length <= 2)
    return shown.map((units) => ({ units, label: formatNumber(units, 2) }));
  const spacing = (shown[1] ?? 0) - (shown[0] ?? 0);
  return shown.map((units) => ({ units, label: formatTick(units, spacing) }));
}
