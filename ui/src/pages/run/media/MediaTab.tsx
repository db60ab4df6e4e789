// Images, sounds, films, pages and histograms of a run, by key and step.
import { useMemo } from "react";
import { useFilesByName, useMedia } from "@/api/media";
import { Button, EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatCount } from "@/shared/format";
import type { TabProps } from "../view";
import { MediaPanel } from "./MediaPanel";
import { isTable } from "./values";
import "./media.css";

export default function MediaTab({ at, view, setView }: TabProps) {
  const query = useMedia(at);
  const files = useFilesByName(at);
  const wanted = view.media.toLowerCase();
  const all = useMemo(() => (query.data ?? []).filter((one) => !isTable(one.type)), [query.data]);
  const shown = all.filter((one) => one.key.toLowerCase().includes(wanted));
  if (query.isPending) return <LoadingState label="Media are coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  if (all.length === 0)
    return (
      <EmptyState title="No media yet">
        <p>Images, audio, video, pages and histograms appear here as soon as the script logs them.</p>
      </EmptyState>
    );
  return (
    <div className="media-tab">
      <div className="chart-controls">
        <input
          type="search"
          aria-label="Media whose name holds"
          placeholder="Look for a key"
          value={view.media}
          onChange={(event) => setView({ media: event.target.value }, "replace")}
        />
        <span className="run-facts">{formatCount(shown.length, "key")}</span>
        {view.step !== null && <Button onClick={() => setView({ step: null })}>Last steps</Button>}
      </div>
      {shown.length === 0 && <EmptyState title="No key is called so" />}
      <div className="media-grid">
        {shown.map((media) => (
          <MediaPanel
            key={media.key}
            at={at}
            media={media}
            files={files}
            step={view.step}
            onStep={(step) => setView({ step }, "replace")}
          />
        ))}
      </div>
    </div>
  );
}
