// One panel; what it draws is asked for once it is in sight.
import { memo, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import type { ProjectRef } from "@/api/types";
import { useSize } from "@/shared/chart/useSize";
import { BarPanel } from "./BarPanel";
import { LinePanel } from "./LinePanel";
import { metricsOf, type Panel } from "./panel";
import { PiePanel } from "./PiePanel";
import { ScalarPanel } from "./ScalarPanel";
import { ScatterPanel } from "./ScatterPanel";
import type { ShownRun } from "./shownRuns";
import { TablePanel } from "./TablePanel";

export interface PanelProps {
  at: ProjectRef;
  panel: Panel;
  /** All metrics of the project. */
  metrics: readonly string[];
  runs: ShownRun[];
}

/** What each kind of panel gets. */
export interface DrawnPanel {
  at: ProjectRef;
  panel: Panel;
  title: string;
  found: string[];
  metrics: readonly string[];
  known: ReadonlySet<string>;
  runs: ShownRun[];
  /** Of the whole panel, in CSS pixels. */
  widthPx: number;
}

export const PanelView = memo(function PanelView({ at, panel, metrics, runs }: PanelProps) {
  const box = useRef<HTMLDivElement>(null);
  const [widthPx] = useSize(box);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const element = box.current;
    if (!element || isSeen) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [isSeen]);
  const found = useMemo(() => metricsOf(panel.metrics, metrics), [panel.metrics, metrics]);
  const known = useMemo(() => new Set(metrics), [metrics]);
  const title = panel.title || panel.metrics.join(", ") || panel.type;
  const drawn = { at, panel, title, found, metrics, known, runs, widthPx };
  return (
    <div ref={box} className="panel" data-type={panel.type}>
      {isSeen && <Kind {...drawn} />}
    </div>
  );
});

function Kind(drawn: DrawnPanel) {
  const { panel, found } = drawn;
  if (panel.type !== "scatter" && found.length === 0) {
    return (
      <PanelFrame title={drawn.title}>
        <p className="panel-nothing">
          {panel.metrics.length === 0
            ? "The panel names no metric."
            : `No run has ${panel.metrics.join(", ")}.`}
        </p>
      </PanelFrame>
    );
  }
  if (panel.type === "line") return <LinePanel {...drawn} />;
  if (panel.type === "bar") return <BarPanel {...drawn} />;
  if (panel.type === "scalar") return <ScalarPanel {...drawn} />;
  if (panel.type === "table") return <TablePanel {...drawn} />;
  if (panel.type === "pie") return <PiePanel {...drawn} />;
  return <ScatterPanel {...drawn} />;
}

export function PanelFrame({ title, note, children }: { title: string; note?: string; children: ReactNode }) {
  return (
    <figure className="chart panel-frame">
      <figcaption>
        <bdi title={title}>{title}</bdi>
        {note !== undefined && <small>{note}</small>}
      </figcaption>
      <div className="panel-body">{children}</div>
    </figure>
  );
}
