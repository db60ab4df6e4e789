// Media in cells: small, of a size that is known before the file is, so that no row jumps; large by a click.
import { useState } from "react";
import type { RunFiles } from "@/api/media";
import { nameOf } from "../media/MediaThing";
import { LargeMedia, LargeThing } from "../media/LargeMedia";
import { useLayers, useToggled } from "../media/useLayers";
import { layerNamesOf, type MediaCell } from "./cells";
import type { RunTable } from "./read";

/** Of a row that holds such a cell; the table has one height for all its rows. */
export const mediaHeightPx = { image: 76, video: 76, audio: 48, html: 40, file: 34, histogram: 34 };
export const mediaWidthPx = { image: 124, video: 124, audio: 250, html: 130, file: 220, histogram: 80 };

interface MediaCellViewProps {
  label: string;
  cell: MediaCell;
  files: RunFiles;
  onOpen: () => void;
}

export function MediaCellView({ label, cell: { kind, item }, files, onOpen }: MediaCellViewProps) {
  const file = files.get(item.path);
  const [broken, setBroken] = useState<string | null>(null);
  const onError = () => setBroken(item.path);
  if (file?.href === undefined)
    return <span className="quiet">{files.isPending ? "" : `${nameOf(item.path)} has not arrived`}</span>;
  if (broken === item.path) return <span className="quiet">The browser cannot show {nameOf(item.path)}</span>;
  // `key`: what was shown for another row is gone at once.
  if (kind === "image")
    return (
      <button
        type="button"
        tabIndex={-1}
        className="cell-media"
        aria-label={`${label}: show large`}
        onClick={onOpen}
      >
        <img key={item.path} src={file.href} alt={item.caption ?? ""} decoding="async" onError={onError} />
      </button>
    );
  if (kind === "video")
    return (
      <button
        type="button"
        tabIndex={-1}
        className="cell-media"
        aria-label={`${label}: play`}
        onClick={onOpen}
      >
        <video key={item.path} src={file.href} preload="metadata" muted onError={onError} />
        <span className="cell-play" aria-hidden="true">
          ▶
        </span>
      </button>
    );
  if (kind === "audio")
    return (
      <audio
        key={item.path}
        className="cell-audio"
        controls
        preload="none"
        src={file.href}
        aria-label={label}
        onError={onError}
      />
    );
  if (kind === "html")
    return (
      <button
        type="button"
        tabIndex={-1}
        className="cell-page"
        aria-label={`${label}: open the page`}
        onClick={onOpen}
      >
        Open the page
      </button>
    );
  return (
    <a href={file.href} download>
      <bdi>{nameOf(item.path)}</bdi>
    </a>
  );
}

interface OpenedProps {
  label: string;
  column: string;
  cell: MediaCell;
  table: RunTable;
  files: RunFiles;
}

/** What a click on a cell opens. */
export function OpenedCell({
  from,
  onClose,
  ...opened
}: OpenedProps & { from: string; onClose: () => void }) {
  return <LargeMedia from={from} onClose={onClose} {...useThing(opened)} />;
}

/** A cell of a whole row. */
export function WholeMedia(opened: OpenedProps) {
  return <LargeThing {...useThing(opened)} />;
}

function useThing({ label, column, cell, table, files }: OpenedProps) {
  const layers = useLayers([cell.item], files, layerNamesOf(table, column));
  const [toggled, onToggle] = useToggled();
  return { label, ...cell, files, layers, toggled, onToggle };
}
