// What a page shows instead of content: nothing there, something wrong, not yet known.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { ApiError } from "@/api/client";
import { Button } from "./Button";

interface EmptyStateProps {
  title: string;
  /** It stands in place of the whole page, whose heading it then is. */
  isPage?: boolean;
  children?: ReactNode;
}

export function EmptyState({ title, isPage = false, children }: EmptyStateProps) {
  const Heading = isPage ? "h1" : "h2";
  return (
    <div className="state" data-kind="empty">
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

interface ErrorStateProps {
  error: unknown;
  /** It stands in place of the whole page, whose heading it then is. */
  isPage?: boolean;
  onRetry?: () => void;
}

/** An error in the server's words, and what can be done. */
export function ErrorState({ error, isPage = false, onRetry }: ErrorStateProps) {
  const status = error instanceof ApiError ? error.status : null;
  const Heading = isPage ? "h1" : "h2";
  return (
    <div className="state" data-kind="error" role="alert">
      <Heading>{titles[status ?? -1] ?? "This did not work"}</Heading>
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {onRetry && status !== 404 && <Button onClick={onRetry}>Try again</Button>}
      {isPage && status === 404 && <Link href="/">All projects</Link>}
    </div>
  );
}

const titles: Record<number, string> = {
  0: "The server is away",
  401: "A key is needed",
  403: "This key may not do that",
  404: "Not there",
  429: "Too much at once",
  503: "The server is busy",
};

/** Grey bars in the size of what comes, so that nothing jumps. */
export function Skeleton({
  width = "100%",
  height = 16,
}: {
  width?: number | string;
  height?: number | string;
}) {
  return <div className="skeleton" style={{ width, height }} aria-hidden="true" />;
}

export function LoadingState({ label = "Loading" }: { label?: string }) {
  return (
    <div className="state" role="status">
      <span className="hidden-text">{label}</span>
      <Skeleton width="min(480px, 90%)" height={20} />
      <Skeleton width="min(420px, 80%)" />
      <Skeleton width="min(450px, 85%)" />
    </div>
  );
}
