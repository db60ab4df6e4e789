import type { ReactNode } from "react";
import "./figures.css";

export interface FigureHeading {
  text: ReactNode;
  look: "number" | "forest-plot";
}

/** Of a column of numbers, which end at the right. */
export const number = (text: ReactNode): FigureHeading => ({ text, look: "number" });
/** Of a column that is drawn. */
export const plot = (text: ReactNode): FigureHeading => ({ text, look: "forest-plot" });

export interface FigureTableProps {
  label: string;
  headings: (string | FigureHeading)[];
  /** Of the table, beside its own. */
  className?: string;
  /** Its rows. */
  children: ReactNode;
}

/** A table that is read as a whole, scrolled aside within the page where it is too wide. */
export function FigureTable({ label, headings, className = "", children }: FigureTableProps) {
  return (
    <div className="figure-scroll" tabIndex={0} role="region" aria-label={label}>
      <table className={`forest ${className}`}>
        <thead>
          <tr>
            {headings.map((heading, at) =>
              typeof heading === "string" ? (
                <th key={at} scope="col">
                  {heading}
                </th>
              ) : (
                <th key={at} scope="col" className={heading.look}>
                  {heading.text}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}
