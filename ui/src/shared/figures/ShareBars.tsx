// Parts of a whole as bars with their counts: who served, what failed.
import type { ReactNode } from "react";
import { formatShare } from "@/shared/format";
import "./figures.css";

export interface SharePart {
  id: string;
  label: ReactNode;
  count: number;
  /** What it means, below its name. */
  note?: string;
  tone?: "accent" | "good" | "bad" | "muted";
}

export function ShareBars({ label, parts, whole }: { label: string; parts: SharePart[]; whole: number }) {
  return (
    <ul className="share-bars" aria-label={label}>
      {parts.map((part) => (
        <li key={part.id} data-tone={part.tone ?? "accent"}>
          <span className="share-label">
            {part.label}
            {part.note !== undefined && <span className="share-note">{part.note}</span>}
          </span>
          <span className="share-track" aria-hidden="true">
            <span style={{ width: `${whole === 0 ? 0 : (100 * part.count) / whole}%` }} />
          </span>
          <span className="share-count">
            {formatShare(whole === 0 ? null : part.count / whole, part.count, whole)}
          </span>
        </li>
      ))}
    </ul>
  );
}
