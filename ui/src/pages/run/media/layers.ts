// Boxes and masks that the wandb client logged with an image (`boxes2D`, `mask`). Everything in them may be anything.

/** One set of boxes or one mask: in a file of the run, or within the value (as a table's cells have boxes). */
export interface Layer {
  kind: "boxes" | "mask";
  /** As the script called it: "predictions". */
  name: string;
  path: string | null;
  boxes: Box[];
}

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Else they are parts of the image, 0 to 1. */
  isPixels: boolean;
  classId: number | null;
  caption: string | null;
}

/** Names of classes by id. */
export type ClassNames = ReadonlyMap<number, string>;

export function layersOf(boxes: unknown, masks: unknown): Layer[] {
  return [
    ...Object.entries(objectOf(boxes) ?? {}).flatMap(([name, set]) => layerOf("boxes", name, set)),
    ...Object.entries(objectOf(masks) ?? {}).flatMap(([name, mask]) => layerOf("mask", name, mask)),
  ];
}

function layerOf(kind: Layer["kind"], name: string, value: unknown): Layer[] {
  if (kind === "boxes" && Array.isArray(value)) return [{ kind, name, path: null, boxes: boxesOf(value) }];
  const path = objectOf(value)?.["path"];
  return typeof path === "string" ? [{ kind, name, path, boxes: [] }] : [];
}

/** The file of a set of boxes: `{"box_data": […], "class_labels": {"1": "cat"}}`. */
export function boxFileOf(text: string): { boxes: Box[]; names: ClassNames } {
  const content = objectOf(JSON.parse(text) as unknown) ?? {};
  return { boxes: boxesOf(content["box_data"]), names: classNamesOf(content["class_labels"]) };
}

export function boxesOf(list: unknown): Box[] {
  return (Array.isArray(list) ? (list as unknown[]) : []).flatMap((value) => {
    const box = objectOf(value);
    const place = box && placeOf(objectOf(box["position"]) ?? {});
    if (!box || !place) return [];
    const { class_id: classId, box_caption: caption } = box;
    return [
      {
        ...place,
        isPixels: box["domain"] === "pixel",
        classId: typeof classId === "number" ? classId : null,
        caption: typeof caption === "string" && caption !== "" ? caption : null,
      },
    ];
  });
}

type Place = Pick<Box, "left" | "top" | "width" | "height">;

/** By corners or by the middle. Null where a number is missing. */
function placeOf(position: Record<string, unknown>): Place | null {
  const { minX, maxX, minY, maxY, middle, width, height } = position;
  if (isNumber(minX) && isNumber(maxX) && isNumber(minY) && isNumber(maxY))
    return { left: minX, top: minY, width: maxX - minX, height: maxY - minY };
  const [x, y] = (Array.isArray(middle) ? middle : []) as unknown[];
  if (isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height))
    return { left: x - width / 2, top: y - height / 2, width, height };
  return null;
}

export function classNamesOf(labels: unknown): ClassNames {
  return new Map(
    Object.entries(objectOf(labels) ?? {}).flatMap(([id, name]) =>
      typeof name === "string" && Number.isInteger(Number(id)) ? [[Number(id), name] as const] : [],
    ),
  );
}

/** Names of a mask's classes as `config.yaml` keeps them, under the key's and the mask's name. */
export function maskNamesOf(config: unknown, key: string, mask: string): ClassNames {
  const kept = objectOf(objectOf(objectOf(config)?.["_wandb"])?.["value"])?.["mask/class_labels"];
  return classNamesOf(objectOf(objectOf(kept)?.[`${key}_wandb_delimeter_${mask}`])?.["value"]);
}

/** One line of the legend: a class of a layer. */
export interface LegendEntry {
  id: string;
  kind: Layer["kind"];
  layer: string;
  classId: number;
  name: string;
}

/** Boxes without a class are of this one. */
export const noClass = -1;

export const entryId = (layer: Pick<Layer, "kind" | "name">, classId: number) =>
  `${layer.kind}/${layer.name}/${classId}`;

/** Whether it is drawn. Class 0 of a mask is the ground by custom, so it is not until somebody asks for it. */
export const isShown = (entry: Pick<LegendEntry, "id" | "kind" | "classId">, toggled: ReadonlySet<string>) =>
  toggled.has(entry.id) === (entry.kind === "mask" && entry.classId === 0);

/** Where an image of `width` to `height` lies in a box that holds it whole, in the middle. */
export function fitted(width: number, height: number, boxWidth: number, boxHeight: number): Place {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  const [shownWidth, shownHeight] = [width * scale, height * scale];
  return {
    left: (boxWidth - shownWidth) / 2,
    top: (boxHeight - shownHeight) / 2,
    width: shownWidth,
    height: shownHeight,
  };
}

/** A box in pixels of what is shown. */
export function shownBox(box: Box, image: { width: number; height: number }, shown: Place): Place {
  const [unitX, unitY] = box.isPixels
    ? [shown.width / image.width, shown.height / image.height]
    : [shown.width, shown.height];
  return {
    left: shown.left + box.left * unitX,
    top: shown.top + box.top * unitY,
    width: box.width * unitX,
    height: box.height * unitY,
  };
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const objectOf = (value: unknown): Record<string, unknown> | null =>
  value !== null && typeof value === "object" && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
