// One file that was logged, as its kind is shown. What is broken or missing is said.
import { useState } from "react";
import type { RunFile, RunFiles } from "@/api/media";
import { HtmlFrame } from "./HtmlFrame";
import { LayeredImage } from "./LayeredImage";
import type { ReadLayer } from "./useLayers";
import type { MediaItem, MediaKind } from "./values";

interface MediaThingProps {
  label: string;
  kind: MediaKind;
  item: MediaItem;
  files: RunFiles;
  /** Of an image. */
  layers?: ReadLayer[];
  toggled?: ReadonlySet<string>;
  /** Shows an image large. */
  onOpen?: (item: MediaItem) => void;
}

const none: ReadLayer[] = [];
const nothing: ReadonlySet<string> = new Set();

export function MediaThing({
  label,
  kind,
  item,
  files,
  layers = none,
  toggled = nothing,
  onOpen,
}: MediaThingProps) {
  const file = files.get(item.path);
  const [broken, setBroken] = useState<string | null>(null);
  if (file === undefined || file.href === undefined)
    return files.isPending ? (
      <div className="media-waiting" />
    ) : (
      <p className="media-note">
        <bdi>{nameOf(item.path)}</bdi> has not arrived
      </p>
    );
  const onError = () => setBroken(item.path);
  if (broken === item.path) return <FileLink file={file} path={item.path} why="The browser cannot show " />;
  switch (kind) {
    case "image":
      return (
        <button type="button" className="media-image" onClick={() => onOpen?.(item)}>
          <LayeredImage
            src={file.href}
            alt={item.caption ?? label}
            layers={layers}
            toggled={toggled}
            onError={onError}
          />
        </button>
      );
    case "audio":
      return <audio controls preload="metadata" src={file.href} aria-label={label} onError={onError} />;
    case "video":
      return <video controls preload="metadata" src={file.href} aria-label={label} onError={onError} />;
    case "html":
      return <HtmlFrame path={item.path} file={file} label={label} />;
    default:
      return <FileLink file={file} path={item.path} why="" />;
  }
}

function FileLink({ file, path, why }: { file: RunFile; path: string; why: string }) {
  return (
    <p className="media-note">
      {why}
      <a href={file.href} download>
        <bdi>{nameOf(path)}</bdi>
      </a>
    </p>
  );
}

export const nameOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
