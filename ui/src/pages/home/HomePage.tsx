// All projects, what runs now first; without any, the one line that begins.
import { Link } from "wouter";
import { useProjects } from "@/api/projects";
import type { Project } from "@/api/types";
import { useViewer } from "@/api/viewer";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, CopyLine, EmptyState, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { formatAgo, formatCount, formatNumber, formatTime } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import { LastDecisions } from "./LastDecisions";
import { serverAddress } from "./serverAddress";
import { RunningNow } from "./RunningNow";
import "@/shared/sections.css";
import "./home.css";

export default function HomePage({ params }: PageProps) {
  const entity = params["entity"] ?? null;
  const projects = useProjects();
  if (projects.isPending) return <LoadingState label="Projects are coming" />;
  if (projects.isError)
    return <ErrorState isPage error={projects.error} onRetry={() => void projects.refetch()} />;
  const shown = projects.data.filter((project) => entity === null || project.entity === entity);
  const running = shown.reduce((sum, project) => sum + project.running, 0);
  return (
    <>
      <PageHeader
        kind={entity === null ? "Page" : "Entity"}
        title={entity ?? "Projects"}
        facts={
          shown.length > 0 && (
            <span className="home-facts">
              {formatCount(shown.length, "project")},{" "}
              {formatCount(
                shown.reduce((sum, project) => sum + project.runs, 0),
                "run",
              )}
              {running > 0 && `, ${formatNumber(running)} running now`}
            </span>
          )
        }
      />
      {shown.length === 0 ? (
        <FirstSteps entity={entity} />
      ) : (
        <div className="home">
          <div className="home-column">
            <RunningNow projects={shown.filter((project) => project.running > 0)} />
            <section aria-labelledby="all-projects">
              <h2 id="all-projects">All projects</h2>
              <ProjectList projects={shown} />
            </section>
          </div>
          <div className="home-column">
            <LastDecisions entity={entity} />
          </div>
        </div>
      )}
    </>
  );
}

function ProjectList({ projects }: { projects: Project[] }) {
  const now = useNow();
  return (
    <ul className="link-list">
      {projects.map((project) => (
        <li key={`${project.entity}/${project.name}`}>
          <Link href={addresses.project({ entity: project.entity, project: project.name })}>
            <span className="project-name">
              <span className="project-entity">{project.entity}/</span>
              {project.name}
            </span>
            <span className="project-facts">
              {project.running > 0 && (
                <Badge tone="live" hasDot>
                  {formatNumber(project.running)} running
                </Badge>
              )}
              <span>{formatCount(project.runs, "run")}</span>
              <time dateTime={isoOf(project.last_unix_ms)} title={formatTime(project.last_unix_ms)}>
                {formatAgo(project.last_unix_ms, now)}
              </time>
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

const isoOf = (unixMs: number | null | undefined) =>
  unixMs === null || unixMs === undefined ? undefined : new Date(unixMs).toISOString();

function FirstSteps({ entity }: { entity: string | null }) {
  const viewer = useViewer().data;
  return (
    <EmptyState title={entity === null ? "No runs yet" : `${entity} has no projects that you may see`}>
      <div className="home-steps">
        <p>Scripts that use wandb need no change. Paste this where you train, then start the script:</p>
        <CopyLine text={`export WANDB_BASE_URL=${serverAddress()} WANDB_API_KEY=<your key>`} />
        <p>
          The first start of <code>gradus up</code> printed {viewer ? `${viewer.name}'s` : "your"} key;{" "}
          <code>gradus keys create</code> makes another. Runs that are on disk already come in with:
        </p>
        <CopyLine text="gradus import wandb ./wandb" />
        <p>Or see the whole path from rows to a decision on the bundled example:</p>
        <CopyLine text="gradus quickstart" />
      </div>
    </EmptyState>
  );
}
