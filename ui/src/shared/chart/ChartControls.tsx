// What holds for all charts of a page: x, smoothing, log axes, which are looked for.
import { Menu, Segmented } from "@/shared/components";
import type { View } from "@/shared/viewState";
import type { chartCodecs } from "./chartCodecs";
import type { Folding } from "./chartRows";
import type { Smoothing } from "./series";

export type ChartChoices = View<typeof chartCodecs>;

export interface ChartControlsProps {
  choices: ChartChoices;
  onChange: (choices: Partial<ChartChoices>, how?: "push" | "replace") => void;
  /** Metrics that may be the x axis, beside step and time. */
  xMetrics: string[];
}

export function ChartControls({ choices, onChange, xMetrics }: ChartControlsProps) {
  const xs = ["step", "runtime", "time", ...xMetrics];
  return (
    <div className="chart-controls">
      <input
        type="search"
        aria-label="Charts whose name matches"
        placeholder="Charts (regular expression)"
        spellCheck={false}
        value={choices.chart}
        onChange={(event) => onChange({ chart: event.target.value }, "replace")}
      />
      <label>
        x
        <select value={choices.x} onChange={(event) => onChange({ x: event.target.value, zoom: null })}>
          {[...new Set([...xs.slice(0, 200), choices.x])].map((x) => (
            <option key={x} value={x}>
              {{ step: "step", runtime: "time since start", time: "wall time" }[x] ?? x}
            </option>
          ))}
        </select>
      </label>
      <label>
        Smoothing
        <input
          type="range"
          min={0}
          max={0.99}
          step={0.01}
          value={choices.smooth}
          onChange={(event) => onChange({ smooth: Number(event.target.value) }, "replace")}
        />
        <output>{choices.smooth.toFixed(2)}</output>
      </label>
      {choices.smooth > 0 && (
        <Segmented
          label="Smoothing by"
          choices={[
            { id: "time", label: "by x" },
            { id: "ema", label: "by point" },
          ]}
          chosen={choices.by}
          onChoose={(by) => onChange({ by })}
        />
      )}
      <Menu
        label="Axes"
        isSticky
        items={[
          {
            label: "Logarithmic x",
            isChecked: choices.xlog,
            onSelect: () => onChange({ xlog: !choices.xlog }),
          },
          {
            label: "Logarithmic y",
            isChecked: choices.ylog,
            onSelect: () => onChange({ ylog: !choices.ylog }),
          },
          {
            label: "Outliers beyond the edge",
            isChecked: choices.clip,
            onSelect: () => onChange({ clip: !choices.clip }),
          },
          {
            label: "Show all of x",
            isDisabled: choices.zoom === null,
            onSelect: () => onChange({ zoom: null }),
          },
        ]}
      />
      <Menu
        label="Sections"
        items={[
          { label: "Open all", onSelect: () => onChange({ folded: false, toggled: [] }) },
          { label: "Close all", onSelect: () => onChange({ folded: true, toggled: [] }) },
        ]}
      />
      <span className="chart-controls-note">line: last value · band: least to greatest, exact</span>
    </div>
  );
}

/** While a name is looked for, what was closed with all others is open: it shall be seen. */
export function foldingOf({
  chart,
  folded,
  toggled,
}: Pick<ChartChoices, "chart" | "folded" | "toggled">): Folding {
  return chart !== "" && folded ? { folded: false, toggled: [] } : { folded, toggled };
}

export function smoothingOf(choices: Pick<ChartChoices, "smooth" | "by">): Smoothing {
  return choices.smooth > 0 ? { kind: choices.by, weight: choices.smooth } : { kind: "none" };
}
