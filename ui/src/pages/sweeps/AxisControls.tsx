// What a person takes hold of on one axis: its name (drag, or the menu), and the strip along it (brush).
import { useRef, useState, type PointerEvent } from "react";
import { Button, Dialog, Menu } from "@/shared/components";
import { shareOf, textOf, unitsAt, type Axis } from "./axes";
import { dragged, gripOf, type Brush, type Grip } from "./brush";

export interface AxisControlsProps {
  axis: Axis;
  xPx: number;
  widthPx: number;
  top: number;
  bottom: number;
  brush: Brush | null;
  place: number;
  count: number;
  onBrush: (brush: Brush | null, how: "push" | "replace") => void;
  onToggle: (what: "log" | "reversed" | "hidden") => void;
  onDrag: (xPx: number) => void;
  onDrop: (xPx: number) => void;
  onStep: (by: number) => void;
}

export function AxisControls(props: AxisControlsProps) {
  const { axis, xPx, brush, onToggle, onStep } = props;
  const [isLimiting, setLimiting] = useState(false);
  return (
    <div className="parallel-axis" style={{ left: xPx }}>
      <div className="parallel-title" style={{ width: props.widthPx }}>
        <span className="parallel-grip" aria-hidden="true" title="Drag to move" {...gripHandlers(props)}>
          ⠿
        </span>
        <Menu
          look="plain"
          aria-label={`Axis ${axis.label}`}
          title={axis.label}
          label={<bdi>{axis.label}</bdi>}
          items={[
            {
              label: "Log scale",
              isChecked: axis.isLog,
              isDisabled: !axis.canBeLog,
              onSelect: () => onToggle("log"),
            },
            { label: "Reversed", isChecked: axis.isReversed, onSelect: () => onToggle("reversed") },
            { label: "Limit to a range…", onSelect: () => setLimiting(true) },
            ...(brush ? [{ label: "Remove the limit", onSelect: () => props.onBrush(null, "push") }] : []),
            { label: "Move left", isDisabled: props.place === 0, onSelect: () => onStep(-1) },
            { label: "Move right", isDisabled: props.place === props.count - 1, onSelect: () => onStep(1) },
            { label: "Hide", onSelect: () => onToggle("hidden") },
          ]}
        />
      </div>
      <BrushStrip {...props} />
      {isLimiting && <LimitDialog {...props} onClose={() => setLimiting(false)} />}
    </div>
  );
}

/** Pixels are of the whole drawing: the axis' own place plus how far the pointer went. */
function gripHandlers({ xPx, onDrag, onDrop }: AxisControlsProps) {
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      event.preventDefault();
      const [handle, startX, id] = [event.currentTarget, event.clientX, event.pointerId];
      handle.setPointerCapture(id);
      const at = (move: globalThis.PointerEvent) => xPx + move.clientX - startX;
      const onMove = (move: globalThis.PointerEvent) => onDrag(at(move));
      const end = (by: globalThis.PointerEvent) => {
        handle.removeEventListener("pointermove", onMove);
        handle.removeEventListener("pointerup", end);
        handle.removeEventListener("pointercancel", end);
        onDrop(by.type === "pointerup" ? at(by) : xPx);
      };
      handle.addEventListener("pointermove", onMove);
      handle.addEventListener("pointerup", end);
      handle.addEventListener("pointercancel", end);
    },
  };
}

interface Press {
  grip: Grip;
  from: number;
  before: { min: number; max: number } | null;
  hasMoved: boolean;
}

function BrushStrip({ axis, top, bottom, brush, onBrush }: AxisControlsProps) {
  const press = useRef<Press | null>(null);
  const height = bottom - top;
  const shares = brush && sorted(shareOf(axis, brush.min), shareOf(axis, brush.max));
  const shareAt = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return (box.bottom - event.clientY) / box.height;
  };
  const onMove = (event: PointerEvent) => {
    const held = press.current;
    if (held === null) return;
    const at = shareAt(event);
    if (!held.hasMoved && Math.abs(at - held.from) * height < 3) return;
    held.hasMoved = true;
    const next = dragged(held.grip, held.before, held.from, at);
    const units = sorted(unitsAt(axis, next.min), unitsAt(axis, next.max));
    onBrush({ axis: axis.id, min: units.min, max: units.max }, "replace");
  };
  return (
    <div
      className="parallel-strip"
      style={{ top, height }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const from = shareAt(event);
        press.current = { grip: gripOf(from, shares, 6 / height), from, before: shares, hasMoved: false };
      }}
      onPointerMove={onMove}
      onPointerUp={() => {
        if (press.current?.hasMoved === false && brush) onBrush(null, "push");
        press.current = null;
      }}
      onPointerCancel={() => (press.current = null)}
    >
      {shares && (
        <div
          className="parallel-brush"
          style={{
            bottom: `${Math.max(0, shares.min) * 100}%`,
            top: `${(1 - Math.min(1, shares.max)) * 100}%`,
          }}
        />
      )}
    </div>
  );
}

const sorted = (a: number, b: number) => ({ min: Math.min(a, b), max: Math.max(a, b) });

function LimitDialog({ axis, brush, onBrush, onClose }: AxisControlsProps & { onClose: () => void }) {
  const { categories } = axis;
  const [from, setFrom] = useState(
    String(categories ? Math.round(brush ? brush.min + 0.49 : 0) : (brush?.min ?? axis.min)),
  );
  const [to, setTo] = useState(
    String(
      categories ? Math.round(brush ? brush.max - 0.49 : categories.length - 1) : (brush?.max ?? axis.max),
    ),
  );
  const room = categories ? 0.49 : 0;
  const [min, max] = [Number(from) - room, Number(to) + room];
  const isRange = Number.isFinite(min) && Number.isFinite(max) && min <= max;
  const field = (label: string, value: string, set: (value: string) => void) => (
    <label className="parallel-limit">
      {label}
      {categories ? (
        <select value={value} onChange={(event) => set(event.target.value)}>
          {categories.map((name, at) => (
            <option key={name} value={at}>
              {name}
            </option>
          ))}
        </select>
      ) : (
        <input inputMode="decimal" value={value} onChange={(event) => set(event.target.value)} />
      )}
    </label>
  );
  return (
    <Dialog
      title={`Only trials with ${axis.label}`}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look="primary"
            disabled={!isRange}
            onClick={() => {
              onBrush({ axis: axis.id, min, max }, "push");
              onClose();
            }}
          >
            Limit
          </Button>
        </>
      }
    >
      {field("from", from, setFrom)}
      {field("to", to, setTo)}
      {!isRange && <p role="alert">The first has to be a number that is not above the second.</p>}
      <p className="quiet">
        There are values from {textOf(axis, categories ? 0 : axis.min)} to{" "}
        {textOf(axis, categories ? categories.length - 1 : axis.max)}.
      </p>
    </Dialog>
  );
}
