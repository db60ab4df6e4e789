// What the run printed: searched on the server, followed at its end, only lines in sight in the page.
import { useEffect, useMemo, useRef, useState } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useConsole } from "@/api/runDetails";
import { useLive } from "@/api/useLive";
import { EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatNumber } from "@/shared/format";
import { ansiPieces } from "./ansi";
import type { TabProps } from "./view";

const linePx = 19;

export function ConsoleTab({ at, run, view, setView }: TabProps) {
  const query = useConsole(at, view.search);
  const [isFollowing, setFollowing] = useState(run.state === "running");
  const scroller = useRef<HTMLDivElement>(null);
  const { fetchNextPage, isFetchingNextPage, data } = query;
  const lines = useMemo(() => data?.pages.flatMap((page) => page.lines) ?? [], [data]);
  const hasMore = data?.pages.at(-1)?.next_after != null;
  useLive((batch) => {
    const isOurs = batch.events.some((event) => event.run === at.run && event.kind === "lines");
    if ((isOurs || !batch.isComplete) && !isFetchingNextPage) void fetchNextPage();
  });
  useEffect(() => {
    if (hasMore && !isFetchingNextPage) void fetchNextPage();
  }, [hasMore, isFetchingNextPage, fetchNextPage]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => linePx,
    overscan: 30,
  });
  useEffect(() => {
    if (isFollowing && lines.length > 0) virtual.scrollToIndex(lines.length - 1, { align: "end" });
  }, [isFollowing, lines.length, virtual]);

  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <div className="run-console">
      <div className="chart-controls">
        <input
          type="search"
          aria-label="Lines that hold"
          placeholder="Search lines"
          value={view.search}
          onChange={(event) => setView({ search: event.target.value }, "replace")}
        />
        <label>
          <input
            type="checkbox"
            checked={isFollowing}
            onChange={(event) => setFollowing(event.target.checked)}
          />
          Follow
        </label>
        <span className="run-facts">
          {formatNumber(lines.length)}
          {view.search === "" ? "" : ` of ${formatNumber(data?.pages.at(-1)?.total)}`} lines
        </span>
      </div>
      {query.isPending ? (
        <LoadingState label="Lines are coming" />
      ) : lines.length === 0 ? (
        <EmptyState title={view.search === "" ? "It has printed nothing" : "No line holds that"} />
      ) : (
        <div
          ref={scroller}
          className="run-console-lines"
          role="log"
          aria-live="off"
          aria-label="Console"
          tabIndex={0}
          onWheel={(event) => event.deltaY < 0 && setFollowing(false)}
        >
          <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index];
              return (
                line && (
                  <div
                    key={item.key}
                    className="run-console-line"
                    data-error={line.is_error}
                    style={{ transform: `translateY(${item.start}px)` }}
                  >
                    <span className="run-console-number">{line.number + 1}</span>
                    <bdi>
                      {ansiPieces(line.text).map((piece, at) => (
                        <span key={at} data-colour={piece.colour} data-bold={piece.isBold || undefined}>
                          {piece.text}
                        </span>
                      ))}
                    </bdi>
                  </div>
                )
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}
