// One thing large: an image with what lies over it, a film that plays, a page.
import type { ReactNode } from "react";
import type { RunFiles } from "@/api/media";
import { Dialog } from "@/shared/components";
import { LayeredImage, LayerLegend } from "./LayeredImage";
import { MediaThing, nameOf } from "./MediaThing";
import type { LayersFound } from "./useLayers";
import type { MediaItem, MediaKind } from "./values";

interface LargeThingProps {
  label: string;
  kind: MediaKind;
  item: MediaItem;
  files: RunFiles;
  layers: LayersFound;
  toggled: ReadonlySet<string>;
  onToggle: (id: string) => void;
}

export function LargeThing({ label, kind, item, files, layers, toggled, onToggle }: LargeThingProps) {
  const file = files.get(item.path);
  if (kind !== "image" || file?.href === undefined)
    return <MediaThing label={label} kind={kind} item={item} files={files} />;
  return (
    <>
      <LayeredImage
        key={item.path}
        className="media-large"
        src={file.href}
        alt={item.caption ?? label}
        layers={layers.of(item)}
        toggled={toggled}
      />
      <LayerLegend label={label} entries={layers.entries} toggled={toggled} onToggle={onToggle} />
    </>
  );
}

interface LargeMediaProps extends LargeThingProps {
  /** Before the name of the file. */
  from: string;
  onClose: () => void;
  actions?: ReactNode;
}

export function LargeMedia({ from, onClose, actions, ...thing }: LargeMediaProps) {
  const { label, item, files } = thing;
  return (
    <Dialog title={label} onClose={onClose} actions={actions}>
      <LargeThing {...thing} />
      {item.caption !== null && <bdi className="media-caption">{item.caption}</bdi>}
      <p className="media-note">
        {from},{" "}
        <a href={files.get(item.path)?.href} download>
          <bdi>{nameOf(item.path)}</bdi>
        </a>
      </p>
    </Dialog>
  );
}
