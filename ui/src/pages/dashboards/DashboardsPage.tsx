// The dashboards of a project, and a new one.
import { useState, type FormEvent } from "react";
import { Link, useLocation } from "wouter";
import { DashboardConflict, useDashboards, useSaveDashboard, type DashboardEntry } from "@/api/dashboards";
import { useColumns } from "@/api/projects";
import type { ProjectRef } from "@/api/types";
import { useViewer } from "@/api/viewer";
import { addresses } from "@/app/addresses";
import type { PageProps } from "@/app/routes";
import { Badge, Button, Dialog, EmptyState, ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { formatAgo, formatTime } from "@/shared/format";
import { useNow } from "@/shared/useNow";
import "@/shared/sections.css";
import "./dashboards.css";

export default function DashboardsPage({ params }: PageProps) {
  const at = { entity: params["entity"] ?? "", project: params["project"] ?? "" };
  const dashboards = useDashboards(at);
  const mayWrite = useViewer().data?.is_read_only === false;
  const [isNaming, setNaming] = useState(false);
  const newButton = mayWrite && (
    <Button look="primary" onClick={() => setNaming(true)}>
      New dashboard
    </Button>
  );
  return (
    <>
      <PageHeader
        kind="Page"
        title="Dashboards"
        {...(dashboards.data?.length ? { actions: newButton } : {})}
      />
      {dashboards.isPending && <LoadingState label="Dashboards are coming" />}
      {dashboards.isError && (
        <ErrorState error={dashboards.error} onRetry={() => void dashboards.refetch()} />
      )}
      {dashboards.data?.length === 0 && (
        <EmptyState title="No dashboards yet">
          <p>
            A dashboard is a YAML file with panels over the metrics of this project. Runs that log{" "}
            <code>train/*</code>, <code>dataset/SOURCE/*</code>, <code>judge/*</code> or{" "}
            <code>val/SOURCE/*</code> get one by themselves.
          </p>
          {newButton}
        </EmptyState>
      )}
      {dashboards.data !== undefined && dashboards.data.length > 0 && (
        <List at={at} dashboards={dashboards.data} />
      )}
      {isNaming && (
        <NewDashboard
          at={at}
          taken={(dashboards.data ?? []).filter((one) => !one.is_made).map((one) => one.name)}
          onClose={() => setNaming(false)}
        />
      )}
    </>
  );
}

function List({ at, dashboards }: { at: ProjectRef; dashboards: DashboardEntry[] }) {
  const now = useNow();
  return (
    <ul className="link-list dashboard-list">
      {dashboards.map((one) => (
        <li key={one.name}>
          <Link href={addresses.projectPage(at, "dashboards", one.name)}>
            <span className="dashboard-name">
              <b>{one.title || one.name}</b> {one.title && <span className="quiet">{one.name}</span>}
            </span>
            {one.is_made ? (
              <Badge>made from the metrics</Badge>
            ) : (
              <span className="quiet">
                <bdi>{one.user}</bdi>,{" "}
                <time title={formatTime(one.updated_unix_ms)}>{formatAgo(one.updated_unix_ms, now)}</time>
              </span>
            )}
          </Link>
        </li>
      ))}
    </ul>
  );
}

interface NewDashboardProps {
  at: ProjectRef;
  taken: string[];
  onClose: () => void;
}

function NewDashboard({ at, taken, onClose }: NewDashboardProps) {
  const [name, setName] = useState("");
  const [, navigate] = useLocation();
  const save = useSaveDashboard(at, name.trim());
  const columns = useColumns(at).data;
  const isTaken = taken.includes(name.trim()) || save.error instanceof DashboardConflict;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const first = columns?.summary.find((column) => column.numbers > 0 && !column.name.startsWith("_"))?.name;
    // A dashboard needs a panel; this one is there to be changed.
    const yaml = `title: ${JSON.stringify(name.trim())}\npanels:\n  - type: line\n    metrics: [${JSON.stringify(first ?? "loss")}]\n`;
    save.mutate(
      { yaml, base: null },
      {
        onSuccess: () => navigate(`${addresses.projectPage(at, "dashboards", name.trim())}?edit=1`),
      },
    );
  };
  return (
    <Dialog title="New dashboard" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <label>
          Name
          <input
            autoFocus
            required
            maxLength={128}
            value={name}
            onChange={(event) => {
              setName(event.target.value);
              save.reset();
            }}
          />
        </label>
        <p className="form-problem" role="alert">
          {isTaken
            ? "There is one of that name already."
            : save.error instanceof Error
              ? save.error.message
              : ""}
        </p>
        <div className="dialog-actions">
          <Button onClick={onClose}>Leave it</Button>
          <Button type="submit" look="primary" disabled={name.trim() === "" || isTaken || save.isPending}>
            Make it
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
