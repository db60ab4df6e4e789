// The head of every page: where it came from → what it is → what used it.
import { useEffect, type ReactNode } from "react";

export interface PageHeaderProps {
  /** What kind of thing: "Run", "Sweep", "Evaluation". */
  kind: string;
  title: string;
  /** State and the few facts that tell this one from others. */
  facts?: ReactNode;
  /** What it was made from, with links: script, commit, data, parent. */
  from?: ReactNode;
  /** What was made from it, with links: evaluations, decisions, artifacts. */
  usedBy?: ReactNode;
  actions?: ReactNode;
}

export function PageHeader({ kind, title, facts, from, usedBy, actions }: PageHeaderProps) {
  useEffect(() => {
    document.title = `${title} · gradus`;
  }, [title]);
  return (
    <header className="page-header">
      <div className="page-header-line">
        <h1>
          <span className="hidden-text">{kind} </span>
          {title}
        </h1>
        {facts}
        {actions !== undefined && <div className="page-header-actions">{actions}</div>}
      </div>
      {(from !== undefined || usedBy !== undefined) && (
        <div className="page-header-path">
          {from !== undefined && (
            <span>
              <b>From</b> {from}
            </span>
          )}
          {usedBy !== undefined && (
            <span>
              <b>Used by</b> {usedBy}
            </span>
          )}
        </div>
      )}
    </header>
  );
}
