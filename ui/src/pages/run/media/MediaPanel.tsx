// One key: its slider over the steps that logged it, and what it held there. All keys follow the step that was chosen.
import { useEffect, useMemo, useRef, useState } from "react";
import { useMediaSteps, type Media, type RunFiles } from "@/api/media";
import type { RunRef } from "@/api/types";
import { Button, ErrorState } from "@/shared/components";
import { StepSlider } from "../StepSlider";
import { LargeMedia } from "./LargeMedia";
import { LayerLegend } from "./LayeredImage";
import { MediaContent, shownAtMost } from "./MediaContent";
import { useLayers, useMaskNames, useToggled } from "./useLayers";
import { mediaOf, placeAt, type MediaItem } from "./values";

interface PanelProps {
  at: RunRef;
  media: Media;
  files: RunFiles;
  step: number | null;
  onStep: (step: number) => void;
}

export function MediaPanel(props: PanelProps) {
  const { media } = props;
  const [box, isSeen] = useSeen();
  return (
    <section ref={box} className="media-panel" aria-label={media.key}>
      <h2>
        <bdi title={media.key}>{media.key}</bdi>
      </h2>
      {isSeen ? <Steps {...props} /> : <div className="media-waiting" />}
    </section>
  );
}

function Steps({ at, media, files, step, onStep }: PanelProps) {
  const query = useMediaSteps(at, media);
  const steps = useMemo(() => {
    const known = query.data ?? [];
    // Until they are there, and where only the summary has it: the last value.
    return known.length > 0 ? known : [{ step: media.last_step ?? 0, value: media.value }];
  }, [query.data, media.last_step, media.value]);
  const place = placeAt(steps, step);
  const value = useMemo(() => mediaOf(steps[place]?.value), [steps, place]);
  const [open, setOpen] = useState<MediaItem | null>(null);
  const shown = useMemo(() => value.items.slice(0, shownAtMost), [value]);
  const hasMask = shown.some((item) => item.layers.some((layer) => layer.kind === "mask"));
  const layers = useLayers(shown, files, useMaskNames(media.key, files, hasMask));
  const [toggled, onToggle] = useToggled();
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  // Another step keeps the place within the list open.
  const opened = open && (value.items.includes(open) ? open : value.items[0]);
  const go = (by: number) => onStep(steps[Math.max(0, Math.min(steps.length - 1, place + by))]?.step ?? 0);
  return (
    <>
      <StepSlider label={media.key} steps={steps} place={place} onStep={onStep} />
      <div className="media-content">
        <MediaContent
          label={media.key}
          value={value}
          files={files}
          layers={layers}
          toggled={toggled}
          onOpen={setOpen}
        />
      </div>
      <LayerLegend label={media.key} entries={layers.entries} toggled={toggled} onToggle={onToggle} />
      {opened && (
        <LargeMedia
          label={media.key}
          from={`step ${steps[place]?.step}`}
          kind={value.kind}
          item={opened}
          files={files}
          layers={layers}
          toggled={toggled}
          onToggle={onToggle}
          onClose={() => setOpen(null)}
          actions={
            <>
              <Button disabled={place <= 0} onClick={() => go(-1)}>
                Step before
              </Button>
              <Button disabled={place >= steps.length - 1} onClick={() => go(1)}>
                Next step
              </Button>
            </>
          }
        />
      )}
    </>
  );
}

/** Whether it has been near the part of the page that is in sight: only then anything is asked for it. */
function useSeen() {
  const box = useRef<HTMLElement>(null);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    if (!box.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        setSeen(true);
        observer.disconnect();
      },
      { rootMargin: "400px" },
    );
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, isSeen] as const;
}
