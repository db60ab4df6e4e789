// Evaluations that run now: their report comes into the table when they are finished.
import { Link } from "wouter";
import { useRunningEvaluations } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { ModelName, StateBadge } from "@/shared/components";
import { formatAgo, formatCount } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { evaluationAddress } from "../places";

const mostShown = 5;

export function RunningEvaluations({ at }: { at: ProjectRef }) {
  const now = useNow();
  const found = useRunningEvaluations(at).data;
  if (!found || found.runs.length === 0) return null;
  return (
    <ul className="running-list" aria-label="Evaluations that run now">
      {found.runs.slice(0, mostShown).map((run) => (
        <li key={run.name}>
          <StateBadge state={run.state} />{" "}
          <Link href={evaluationAddress({ ...at, name: run.name })}>
            <ModelName model={run.display_name || run.name} />
          </Link>{" "}
          <span className="quiet">begun {formatAgo(run.created_unix_ms, now)}</span>
        </li>
      ))}
      {found.total > mostShown && (
        <li className="quiet">and {formatCount(found.total - mostShown, "other", "others")}</li>
      )}
    </ul>
  );
}
