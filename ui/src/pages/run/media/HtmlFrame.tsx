import { useMemo } from "react";
import { useFileText, type RunFile } from "@/api/media";
import { ErrorState, Skeleton } from "@/shared/components";
import { formatBytes, formatCount } from "@/shared/format";
import { cleanHtml } from "./cleanHtml";

const largestBytes = 8 << 20;

/** A logged page without its scripts, in a frame that may do nothing. */
export function HtmlFrame({ path, file, label }: { path: string; file: RunFile; label: string }) {
  const isSmall = file.size_bytes <= largestBytes;
  const text = useFileText(path, file, isSmall);
  const page = useMemo(() => (text.data === undefined ? null : cleanHtml(text.data)), [text.data]);
  if (!isSmall)
    return <p className="media-note">{formatBytes(file.size_bytes)}: too long to be shown here</p>;
  if (text.isError) return <ErrorState error={text.error} onRetry={() => void text.refetch()} />;
  if (page === null) return <Skeleton height={260} />;
  return (
    <>
      <iframe className="media-frame" title={label} sandbox="" srcDoc={page.html} />
      {page.left > 0 && (
        <p className="media-note">
          Shown without {formatCount(page.left, "script, link or file", "scripts, links or files")} of it
        </p>
      )}
    </>
  );
}
