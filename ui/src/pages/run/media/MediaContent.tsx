// What a key held at one step, by its kind.
import { useState } from "react";
import type { RunFile, RunFiles } from "@/api/media";
import { CountBars } from "./CountBars";
import { HtmlFrame } from "./HtmlFrame";
import type { MediaItem, MediaKind, MediaValue } from "./values";

interface ContentProps {
  label: string;
  value: MediaValue;
  files: RunFiles;
  onOpen: (item: MediaItem) => void;
}

const shownAtMost = 100;

export function MediaContent({ label, value, files, onOpen }: ContentProps) {
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
            <Item
              label={`${label}${value.items.length > 1 ? `, ${at + 1} of ${value.items.length}` : ""}`}
              kind={value.kind}
              item={item}
              files={files}
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

interface ItemProps {
  label: string;
  kind: MediaKind;
  item: MediaItem;
  files: RunFiles;
  onOpen: (item: MediaItem) => void;
}

function Item({ label, kind, item, files, onOpen }: ItemProps) {
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
        <button type="button" className="media-image" onClick={() => onOpen(item)}>
          <img src={file.href} alt={item.caption ?? label} loading="lazy" onError={onError} />
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
