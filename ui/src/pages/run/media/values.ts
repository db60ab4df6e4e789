// What the wandb client logs for media, read into what can be shown. Everything in it may be anything.

import { formatCount, formatNumber } from "@/shared/format";
import { layersOf, type Layer } from "./layers";

export interface MediaItem {
  path: string;
  caption: string | null;
  /** Boxes and masks over an image. */
  layers: Layer[];
}

export type MediaKind = "image" | "audio" | "video" | "html" | "histogram" | "file";

export interface MediaValue {
  kind: MediaKind;
  items: MediaItem[];
  histogram: HistogramValue | null;
}

/** Counts between edges; there is one edge more than counts. */
export interface HistogramValue {
  edges: number[];
  counts: number[];
}

/** `table-file`, `incremental-table-file`: rows of their own, shown in the tab of tables. */
export const isTable = (type: string) => type.endsWith("table-file");

export function mediaOf(value: unknown): MediaValue {
  const object = objectOf(value) ?? {};
  const kind = kindOf(textOf(object["_type"]) ?? "");
  return {
    kind,
    items: kind === "histogram" ? [] : itemsOf(object),
    histogram: kind === "histogram" ? histogramOf(object) : null,
  };
}

/** What the client logged for a medium or a table, in a few words; null for any other value. */
export function mediaWords(value: unknown): string | null {
  const object = objectOf(value);
  const type = textOf(object?.["_type"]);
  if (object === null || type === null) return null;
  if (isTable(type)) {
    const [rows, columns] = [object["nrows"], object["ncols"]];
    const isSized = typeof rows === "number" && typeof columns === "number";
    return isSized ? `table, ${formatCount(rows, "row")}, ${formatCount(columns, "column")}` : "table";
  }
  const { kind, items } = mediaOf(object);
  if (kind === "file") return type.replace(/-file$/, "");
  return items.length > 1 ? `${kind}, ${formatNumber(items.length)} of them` : kind;
}

function kindOf(type: string): MediaKind {
  if (type === "image-file" || type.startsWith("images")) return "image";
  if (type.startsWith("audio")) return "audio";
  if (type.startsWith("video")) return "video";
  if (type.startsWith("html")) return "html";
  return type === "histogram" ? "histogram" : "file";
}

/** One has `path`; several have `filenames` (images) or a list of objects with `path`, named as their kind. */
function itemsOf(object: Record<string, unknown>): MediaItem[] {
  const [captions, allBoxes, allMasks] = ["captions", "all_boxes", "all_masks"].map((name) =>
    listOf(object[name]),
  );
  const itemOf = (path: unknown, at: number, own: Record<string, unknown>): MediaItem[] =>
    typeof path === "string"
      ? [
          {
            path,
            caption: textOf(own["caption"]) ?? textOf(captions?.[at]),
            layers: layersOf(own["boxes"] ?? allBoxes?.[at], own["masks"] ?? allMasks?.[at]),
          },
        ]
      : [];
  if (typeof object["path"] === "string") return itemOf(object["path"], 0, object);
  const names = listOf(object["filenames"]);
  if (names.length > 0) return names.flatMap((name, at) => itemOf(name, at, {}));
  return Object.entries(object)
    .flatMap(([name, value]) => (name.startsWith("all_") ? [] : listOf(value)))
    .flatMap((inner, at) => {
      const one = objectOf(inner);
      return one === null ? [] : itemOf(one["path"], at, one);
    });
}

function histogramOf(object: Record<string, unknown>): HistogramValue | null {
  const counts = listOf(object["values"]).filter((count) => typeof count === "number");
  const packed = objectOf(object["packedBins"]);
  const edges = packed
    ? Array.from(
        { length: counts.length + 1 },
        (_, at) => Number(packed["min"] ?? 0) + at * Number(packed["size"] ?? 1),
      )
    : listOf(object["bins"]).filter((edge) => typeof edge === "number");
  const isWhole = counts.length > 0 && edges.length === counts.length + 1 && edges.every(Number.isFinite);
  return isWhole ? { edges, counts } : null;
}

/** The place of the last step that is not after `wanted`; the first where all are. -1 for none at all. */
export function placeAt(steps: readonly { step: number }[], wanted: number | null): number {
  if (wanted === null || steps.length === 0) return steps.length - 1;
  const after = steps.findIndex(({ step }) => step > wanted);
  return after < 0 ? steps.length - 1 : Math.max(0, after - 1);
}

const objectOf = (value: unknown): Record<string, unknown> | null =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
const textOf = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);
