import { Link } from "wouter";
import { useProjects } from "@/api/projects";
import { useDeleteProject } from "@/api/store";
import { addresses } from "@/app/addresses";
import { ErrorState, showToast, Skeleton } from "@/shared/components";
import { formatAgo, formatCount, formatNumber } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { RemoveButton } from "./RemoveButton";
import { Section } from "./Section";

export function Projects({ mayWrite }: { mayWrite: boolean }) {
  const projects = useProjects();
  const remove = useDeleteProject();
  const now = useNow();
  return (
    <Section title="Projects">
      {projects.isPending && <Skeleton height={40} />}
      {projects.isError && <ErrorState error={projects.error} onRetry={() => void projects.refetch()} />}
      {projects.data?.length === 0 && <p className="quiet">No projects yet; the first run makes one.</p>}
      <ul className="setting-list">
        {projects.data?.map((project) => (
          <li key={`${project.entity}/${project.name}`}>
            <span className="setting-name">
              <Link href={addresses.project({ entity: project.entity, project: project.name })}>
                <bdi>
                  {project.entity}/{project.name}
                </bdi>
              </Link>
            </span>
            <span className="quiet">
              {formatCount(project.runs, "run")}
              {project.running > 0 && `, ${formatNumber(project.running)} running`}
            </span>
            <span className="quiet">{formatAgo(project.last_unix_ms, now)}</span>
            {mayWrite && (
              <RemoveButton
                label={`Remove project ${project.entity}/${project.name}`}
                title="Remove this project?"
                does="Remove it with all runs"
                typed={project.name}
                named={{ entity: project.entity, project: project.name }}
                removal={remove}
                onRemoved={() => showToast(`${project.entity}/${project.name} is removed.`)}
              >
                <p>
                  <b>{formatCount(project.runs, "run")}</b> of{" "}
                  <bdi>
                    {project.entity}/{project.name}
                  </bdi>{" "}
                  go with their rows, files, sweeps and dashboards. Nothing brings them back but a backup.
                  {project.running > 0 && ` ${formatNumber(project.running)} of them run now.`}
                </p>
              </RemoveButton>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}
