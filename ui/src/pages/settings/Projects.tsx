import { useState } from "react";
import { Link } from "wouter";
import { useProjects } from "@/api/projects";
import { useDeleteProject } from "@/api/store";
import type { Project } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Button, ErrorState, showToast, Skeleton } from "@/shared/components";
import { formatAgo, formatCount, formatNumber } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { Confirm } from "./Confirm";
import { Section } from "./Section";

export function Projects({ mayWrite }: { mayWrite: boolean }) {
  const projects = useProjects();
  const remove = useDeleteProject();
  const now = useNow();
  const [asked, setAsked] = useState<Project | null>(null);
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
              <Button
                aria-label={`Remove project ${project.entity}/${project.name}`}
                onClick={() => {
                  remove.reset();
                  setAsked(project);
                }}
              >
                Remove
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked && (
        <Confirm
          title="Remove this project?"
          does="Remove it with all runs"
          typed={asked.name}
          isBusy={remove.isPending}
          error={remove.error}
          onClose={() => setAsked(null)}
          onDo={() =>
            remove.mutate(
              { entity: asked.entity, project: asked.name },
              {
                onSuccess: () => {
                  showToast(`${asked.entity}/${asked.name} is removed.`);
                  setAsked(null);
                },
              },
            )
          }
        >
          <p>
            <b>{formatCount(asked.runs, "run")}</b> of{" "}
            <bdi>
              {asked.entity}/{asked.name}
            </bdi>{" "}
            go with their rows, files, sweeps and dashboards. Nothing brings them back but a backup.
            {asked.running > 0 && ` ${formatNumber(asked.running)} of them run now.`}
          </p>
        </Confirm>
      )}
    </Section>
  );
}
