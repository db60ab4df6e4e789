// What lies over the images of a value, fetched where it is in files of its own.
import { useState } from "react";
import { useQueries, useQuery } from "@tanstack/react-query";
import { request } from "@/api/client";
import type { RunFile, RunFiles } from "@/api/media";
import {
  boxFileOf,
  entryId,
  maskNamesOf,
  noClass,
  type Box,
  type ClassNames,
  type Layer,
  type LegendEntry,
} from "./layers";
import type { MediaItem } from "./values";

export interface ReadLayer {
  layer: Layer;
  boxes: Box[];
  mask: Mask | null;
  /** The file is missing or is none. */
  isBroken: boolean;
}

/** The class of each pixel, row by row. */
export interface Mask {
  width: number;
  height: number;
  classes: Uint8Array;
  /** Each that occurs, once. */
  classIds: number[];
}

export interface LayersFound {
  of: (item: MediaItem) => ReadLayer[];
  entries: LegendEntry[];
}

/** Names that stand beside the value, by set; those in the files of boxes go before. */
export type LayerNames = (layer: Layer) => ClassNames;

export function useLayers(items: readonly MediaItem[], files: RunFiles, names: LayerNames): LayersFound {
  const wanted = items.flatMap((item) => item.layers);
  const paths = [
    ...new Map(wanted.filter((one) => one.path !== null).map((one) => [one.path, one])).values(),
  ];
  const found = useQueries({
    queries: paths.map(({ kind, path }) => {
      const file = path === null ? undefined : files.get(path);
      return {
        queryKey: ["image layer", kind, path, file?.updated_unix_ms, file?.size_bytes],
        queryFn: ({ signal }: { signal: AbortSignal }) => readLayer(kind, file, signal),
        enabled: file !== undefined,
        staleTime: Infinity,
        retry: false,
      };
    }),
  });
  const byPath = new Map(paths.map(({ path }, at) => [path, found[at]]));
  const readOf = (layer: Layer): ReadLayer & { names: ClassNames } => {
    const known = layer.path === null ? undefined : byPath.get(layer.path);
    const read = known?.data;
    return {
      layer,
      boxes: read?.boxes ?? layer.boxes,
      mask: read?.mask ?? null,
      isBroken: known?.isError ?? false,
      names: read && read.names.size > 0 ? read.names : names(layer),
    };
  };
  return { of: (item) => item.layers.map(readOf), entries: entriesOf(wanted.map(readOf)) };
}

async function readLayer(kind: Layer["kind"], file: RunFile | undefined, signal: AbortSignal) {
  const answer = await request(file?.address ?? "", { signal });
  if (kind === "boxes") return { ...boxFileOf(await answer.text()), mask: null };
  return { boxes: null, names: new Map<number, string>(), mask: await maskOf(await answer.blob()) };
}

const mostPixels = 1 << 25;

/** A grey image of 8 bits, whose greys are classes. */
async function maskOf(file: Blob): Promise<Mask> {
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" });
  const { width, height } = bitmap;
  if (width * height > mostPixels) throw new Error("the mask is too large");
  const context = new OffscreenCanvas(width, height).getContext("2d");
  if (!context) throw new Error("the browser draws no canvas");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const classes = Uint8Array.from({ length: width * height }, (_, at) => data[4 * at] ?? 0);
  return { width, height, classes, classIds: [...new Set(classes)] };
}

function entriesOf(layers: (ReadLayer & { names: ClassNames })[]): LegendEntry[] {
  const entries = new Map<string, LegendEntry>();
  for (const { layer, boxes, mask, names } of layers) {
    for (const classId of new Set([
      ...boxes.map((box) => box.classId ?? noClass),
      ...(mask?.classIds ?? []),
    ])) {
      const id = entryId(layer, classId);
      const name = classId === noClass ? "no class" : (names.get(classId) ?? `class ${classId}`);
      entries.set(id, { id, kind: layer.kind, layer: layer.name, classId, name });
    }
  }
  return [...entries.values()].sort(
    (a, b) => a.kind.localeCompare(b.kind) || a.layer.localeCompare(b.layer) || a.classId - b.classId,
  );
}

/** Names of the masks of a key: the client keeps them in `config.yaml` alone. */
export function useMaskNames(key: string, files: RunFiles, isWanted: boolean): LayerNames {
  const file = files.get("config.yaml");
  const config = useQuery({
    queryKey: ["config.yaml", file?.address, file?.updated_unix_ms],
    queryFn: async ({ signal }) => {
      const [{ parse }, answer] = await Promise.all([
        import("yaml"),
        request(file?.address ?? "", { signal }),
      ]);
      return parse(await answer.text()) as unknown;
    },
    enabled: isWanted && file !== undefined,
    staleTime: Infinity,
    retry: false,
  });
  return (layer) => maskNamesOf(config.data, key, layer.name);
}

/** Classes that are the other way round than at first. */
export function useToggled(): [ReadonlySet<string>, (id: string) => void] {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const onToggle = (id: string) =>
    setToggled(
      (before) => new Set(before.has(id) ? [...before].filter((one) => one !== id) : [...before, id]),
    );
  return [toggled, onToggle];
}
