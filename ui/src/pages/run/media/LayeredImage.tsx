// An image with its boxes and masks over it. The image itself is an <img> always, so an SVG is a picture and no markup.
import { useEffect, useRef, useState } from "react";
import { seriesColour } from "@/shared/theme/palette";
import { useSize } from "@/shared/chart/useSize";
import { entryId, fitted, isShown, noClass, shownBox, type LegendEntry } from "./layers";
import type { Mask, ReadLayer } from "./useLayers";

interface LayeredImageProps {
  src: string;
  alt: string;
  layers: ReadLayer[];
  toggled: ReadonlySet<string>;
  className?: string;
  onError?: () => void;
}

export function LayeredImage({ src, alt, layers, toggled, className, onError }: LayeredImageProps) {
  const image = useRef<HTMLImageElement>(null);
  const [boxWidth, boxHeight] = useSize(image);
  const [natural, setNatural] = useState<{ width: number; height: number } | null>(null);
  const onLoad = () => {
    const { naturalWidth: width, naturalHeight: height } = image.current ?? {
      naturalWidth: 0,
      naturalHeight: 0,
    };
    setNatural(width > 0 && height > 0 ? { width, height } : null);
  };
  const shown = natural && boxWidth > 0 ? fitted(natural.width, natural.height, boxWidth, boxHeight) : null;
  const drawn = layers.filter((one) => one.mask !== null || one.boxes.length > 0);
  return (
    <span className="layered">
      <img
        ref={image}
        className={className}
        src={src}
        alt={alt}
        loading="lazy"
        onLoad={onLoad}
        onError={onError}
      />
      {natural && shown && drawn.length > 0 && (
        <>
          {drawn.map(({ layer, mask }) =>
            mask === null ? null : (
              <MaskCanvas
                key={`${layer.name} ${layer.path}`}
                mask={mask}
                isDrawn={(classId) =>
                  isShown({ id: entryId(layer, classId), kind: "mask", classId }, toggled)
                }
                toggled={toggled}
                style={shown}
              />
            ),
          )}
          <svg className="layered-boxes" width={boxWidth} height={boxHeight} aria-hidden="true">
            {drawn.flatMap(({ layer, boxes }, set) =>
              boxes.map((box, at) => {
                const classId = box.classId ?? noClass;
                if (!isShown({ id: entryId(layer, classId), kind: "boxes", classId }, toggled)) return null;
                const { left, top, width, height } = shownBox(box, natural, shown);
                return (
                  <g key={`${set} ${at}`} stroke={layerColour(classId)} data-set={set % 2}>
                    <rect
                      className="layered-halo"
                      x={left}
                      y={top}
                      width={Math.max(0, width)}
                      height={Math.max(0, height)}
                    />
                    <rect x={left} y={top} width={Math.max(0, width)} height={Math.max(0, height)} />
                    {box.caption !== null && boxWidth >= captionsFromPx && (
                      <text x={left + 3} y={Math.max(12, top - 4)}>
                        {box.caption.slice(0, 60)}
                      </text>
                    )}
                  </g>
                );
              }),
            )}
          </svg>
        </>
      )}
    </span>
  );
}

const captionsFromPx = 260;

/** The bright colours: they lie on pictures, with a dark edge. */
export const layerColour = (classId: number) => seriesColour(classId < 0 ? 11 : classId, true);

interface MaskCanvasProps {
  mask: Mask;
  isDrawn: (classId: number) => boolean;
  toggled: ReadonlySet<string>;
  style: { left: number; top: number; width: number; height: number };
}

function MaskCanvas({ mask, isDrawn, toggled, style }: MaskCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const colours = new Map<number, [number, number, number] | null>();
    const pixels = context.createImageData(mask.width, mask.height);
    mask.classes.forEach((classId, at) => {
      if (!colours.has(classId))
        colours.set(classId, isDrawn(classId) ? partsOf(layerColour(classId)) : null);
      const colour = colours.get(classId);
      if (colour) pixels.data.set([...colour, 128], 4 * at);
    });
    context.putImageData(pixels, 0, 0);
    // `toggled` is what `isDrawn` goes by.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [mask, toggled]);
  return (
    <canvas
      ref={canvas}
      className="layered-mask"
      width={mask.width}
      height={mask.height}
      style={style}
      aria-hidden="true"
    />
  );
}

const partsOf = (colour: string): [number, number, number] =>
  [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as [number, number, number];

interface LegendProps {
  label: string;
  entries: LegendEntry[];
  toggled: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

/** The classes of all layers; each is shown or not by a click. */
export function LayerLegend({ label, entries, toggled, onToggle }: LegendProps) {
  if (entries.length === 0) return null;
  const layers = new Map<string, LegendEntry[]>();
  for (const entry of entries) {
    const name = `${entry.kind} ${entry.layer}`;
    layers.set(name, [...(layers.get(name) ?? []), entry]);
  }
  return (
    <div className="layer-legend" role="group" aria-label={`Shown over ${label}`}>
      {[...layers].map(([name, of]) => (
        <fieldset key={name}>
          <legend>
            <bdi>{of[0]?.layer}</bdi> {of[0]?.kind === "mask" && <small>mask</small>}
          </legend>
          {of.slice(0, 40).map((entry) => (
            <label key={entry.id}>
              <input type="checkbox" checked={isShown(entry, toggled)} onChange={() => onToggle(entry.id)} />
              <span
                className="layer-swatch"
                style={{ background: layerColour(entry.classId) }}
                aria-hidden="true"
              />
              <bdi>{entry.name.slice(0, 80)}</bdi>
            </label>
          ))}
        </fieldset>
      ))}
    </div>
  );
}
