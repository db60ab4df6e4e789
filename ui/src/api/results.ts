// The last values that are results: a medium stands in the summary with all its fields, which nobody compares.
import type { ColumnList } from "./types";

type SummaryColumn = ColumnList["summary"][number];

const typeField = "._type";

/** Without what the client keeps for itself (`_step`) and without the fields of media (`picture.sha256`). */
export function resultColumns({ summary }: Pick<ColumnList, "summary">): SummaryColumn[] {
  const media = new Set(
    summary.flatMap(({ name }) => (name.endsWith(typeField) ? [name.slice(0, -typeField.length)] : [])),
  );
  const isOfMedium = (name: string) =>
    media.size > 0 && dots(name).some((at) => media.has(name.slice(0, at)));
  return summary.filter(({ name }) => !name.startsWith("_") && !isOfMedium(name));
}

/** A field may lie deeper: `picture.boxes.seen.path`. */
const dots = (name: string) => [...name.matchAll(/\./g)].map(({ index }) => index);
