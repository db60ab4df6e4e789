import { useQueries } from "@tanstack/react-query";
import { Link } from "wouter";
import { runsPage } from "@/api/runs";
import type { Project } from "@/api/types";
import { addresses } from "@/app/addresses";
import { StateBadge } from "@/shared/components";
import { formatAgo, formatDuration } from "@/shared/format";
import { useNow } from "@/shared/useNow";

const projectsAtMost = 8;

/** Runs that are running in the given projects, newest first in each. */
export function RunningNow({ projects }: { projects: Project[] }) {
  const now = useNow();
  const asked = projects
    .slice(0, projectsAtMost)
    .map((project) => ({ entity: project.entity, project: project.name }));
  const pages = useQueries({
    queries: asked.map((at) =>
      runsPage(
        at,
        {
          filters: JSON.stringify({ state: "running" }),
          order: "-created_at",
          configKeys: [],
          summaryKeys: [],
        },
        0,
        10,
      ),
    ),
  });
  const runs = pages.flatMap((page, index) => {
    const at = asked[index];
    return at ? (page.data?.runs ?? []).map((run) => ({ at, run })) : [];
  });
  if (runs.length === 0) return null;
  return (
    <section aria-labelledby="running-now">
      <h2 id="running-now">Running now</h2>
      <ul className="link-list">
        {runs.map(({ at, run }) => (
          <li key={`${at.entity}/${at.project}/${run.name}`}>
            <Link href={addresses.run({ ...at, run: run.name })}>
              <span className="project-name">
                <span className="project-entity">{at.project} / </span>
                {run.display_name || run.name}
              </span>
              <span className="project-facts">
                <StateBadge state={run.state} />
                <span>for {formatDuration(run.duration_secs)}</span>
                <span>heard {formatAgo(run.heartbeat_unix_ms, now)}</span>
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
