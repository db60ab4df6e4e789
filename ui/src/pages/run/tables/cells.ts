// Cells that are media: what the client writes for them, in the table and in the artifact that it keeps beside it.
import { classNamesOf, type Layer } from "../media/layers";
import type { LayerNames } from "../media/useLayers";
import { mediaOf, type MediaItem, type MediaKind } from "../media/values";
import type { RunTable } from "./read";

export interface MediaCell {
  kind: MediaKind;
  item: MediaItem;
}

/** `{"_type": "image-file", "path": …}`; null for any other value. */
export function mediaCellOf(cell: unknown): MediaCell | null {
  if (cell === null || typeof cell !== "object" || !("_type" in cell) || !("path" in cell)) return null;
  const { kind, items } = mediaOf(cell);
  const [item] = items;
  return item === undefined ? null : { kind, item };
}

/** In the table of the run the client writes the name of a medium's class in its place. */
const classNames = new Set(["Image", "Audio", "Video", "Html", "Object3D", "Molecule", "Plotly", "Bokeh"]);
const lookedAt = 200;

export const hasPlaceholders = (table: RunTable): boolean =>
  table.rows.slice(0, lookedAt).some((row) => row.some(isPlaceholder));

const isPlaceholder = (cell: unknown) => typeof cell === "string" && classNames.has(cell);

/** Whether a kept table is this one: all is the same but the media. */
export function isKeptOf(kept: RunTable, table: RunTable): boolean {
  return (
    kept.rows.length === table.rows.length &&
    kept.columns.join("\n") === table.columns.join("\n") &&
    table.rows.every((row, at) =>
      row.every((cell, column) => {
        const other = kept.rows[at]?.[column];
        return isPlaceholder(cell) ? mediaCellOf(other) !== null || other === cell : isSame(cell, other);
      }),
    )
  );
}

const isSame = (a: unknown, b: unknown) => a === b || JSON.stringify(a) === JSON.stringify(b);

/** Names of classes as the table says them for a column: `column_types` of the client. */
export function layerNamesOf(table: RunTable, column: string): LayerNames {
  const typed = at(table.columnTypes, "params", "type_map", column);
  const allowed = at(typed, "params", "allowed_types");
  const types = Array.isArray(allowed) ? (allowed as unknown[]) : [typed];
  return (layer: Layer) => {
    const maps = layer.kind === "mask" ? "mask_class_maps" : "box_class_maps";
    const named = types.map((type) => at(type, "params", maps, "params", "val", layer.name));
    return classNamesOf(named.find((one) => one !== undefined));
  };
}

function at(value: unknown, ...names: string[]): unknown {
  return names.reduce<unknown>(
    (found, name) =>
      found !== null && typeof found === "object" && Object.hasOwn(found, name)
        ? (found as Record<string, unknown>)[name]
        : undefined,
    value,
  );
}
