// What a key held at one step, by its kind.
import type { RunFiles } from "@/api/media";
import { CountBars } from "./CountBars";
import { MediaThing } from "./MediaThing";
import type { LayersFound } from "./useLayers";
import type { MediaItem, MediaValue } from "./values";

interface ContentProps {
  label: string;
  value: MediaValue;
  files: RunFiles;
  layers: LayersFound;
  toggled: ReadonlySet<string>;
  onOpen: (item: MediaItem) => void;
}

export const shownAtMost = 100;

export function MediaContent({ label, value, files, layers, toggled, onOpen }: ContentProps) {
  if (value.kind === "histogram")
    return value.histogram ? (
      <CountBars label={label} {...value.histogram} />
    ) : (
      <p className="media-note">This histogram has no whole set of edges and counts</p>
    );
  if (value.items.length === 0) return <p className="media-note">Nothing at this step</p>;
  return (
    <>
      <ul className="media-items" data-kind={value.kind} data-many={value.items.length > 1}>
        {value.items.slice(0, shownAtMost).map((item, at) => (
          <li key={`${at} ${item.path}`}>
            <MediaThing
              label={`${label}${value.items.length > 1 ? `, ${at + 1} of ${value.items.length}` : ""}`}
              kind={value.kind}
              item={item}
              files={files}
              layers={layers.of(item)}
              toggled={toggled}
              onOpen={onOpen}
            />
            {item.caption !== null && <bdi className="media-caption">{item.caption}</bdi>}
          </li>
        ))}
      </ul>
      {value.items.length > shownAtMost && (
        <p className="media-note">and {value.items.length - shownAtMost} more, in the files</p>
      )}
    </>
  );
}
