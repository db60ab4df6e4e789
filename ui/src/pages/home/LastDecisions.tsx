// What was decided and who became champion lately, and what asks for somebody to look.
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useActivity, type Decided, type Moved, type RaisedAlert } from "@/api/activity";
import { addresses } from "@/app/addresses";
import { Badge, ErrorState, ModelName, type Tone } from "@/shared/components";
import { formatAgo, formatTime } from "@/shared/format";
import { useNow } from "@/shared/useNow";

type Run = Decided["run"];

const outcomeTones: Record<string, Tone> = { promote: "good", hold: "warn", reject: "bad" };
const alertTones: Record<string, Tone> = { WARN: "warn", ERROR: "bad" };
const mostShown = 6;

/** Of one entity, or of all where it is null. */
export function LastDecisions({ entity }: { entity: string | null }) {
  const activity = useActivity();
  if (activity.isError) return <ErrorState error={activity.error} onRetry={() => void activity.refetch()} />;
  const isOurs = ({ run }: { run: Run }) => entity === null || run.entity === entity;
  const decisions = (activity.data?.decisions ?? []).filter(isOurs).slice(0, mostShown);
  const moves = (activity.data?.moves ?? []).filter(isOurs).slice(0, mostShown);
  const alerts = (activity.data?.alerts ?? []).filter(isOurs).slice(0, mostShown);
  return (
    <>
      {alerts.length > 0 && (
        <List title="Last alerts" id="last-alerts">
          {alerts.map((one, place) => (
            <Alert key={place} raised={one} />
          ))}
        </List>
      )}
      {decisions.length > 0 && (
        <List title="Last decisions" id="last-decisions">
          {decisions.map((one, place) => (
            <Decision key={place} decided={one} />
          ))}
        </List>
      )}
      {moves.length > 0 && (
        <List title="Last changes of champions" id="last-moves">
          {moves.map((one, place) => (
            <Move key={place} moved={one} />
          ))}
        </List>
      )}
    </>
  );
}

function List({ title, id, children }: { title: string; id: string; children: ReactNode }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul className="link-list">{children}</ul>
    </section>
  );
}

/** A decision lies in a cycle, or in the registry of its task; either has a page of cycles. */
function cyclesAddress(run: Run): string {
  const at = { entity: run.entity, project: run.project };
  return run.job_type === "cycle"
    ? addresses.projectPage(at, "cycles", run.name)
    : addresses.projectPage(at, "cycles");
}

function Decision({ decided }: { decided: Decided }) {
  return (
    <li>
      <Link href={cyclesAddress(decided.run)}>
        <span className="project-name">
          <span className="project-entity">{decided.run.project} / </span>
          {decided.run.job_type === "cycle"
            ? decided.run.display_name || decided.run.name
            : decided.task}: <ModelName model={decided.candidate} />
        </span>
        <span className="project-facts">
          <Badge tone={outcomeTones[decided.outcome] ?? "plain"}>{decided.outcome}</Badge>
          <span>{decided.verdict}</span>
          <When unixMs={decided.at_unix_ms} />
        </span>
        {decided.reason && <span className="home-reason">{decided.reason}</span>}
      </Link>
    </li>
  );
}

function Move({ moved }: { moved: Moved }) {
  return (
    <li>
      <Link href={cyclesAddress(moved.run)}>
        <span className="project-name">
          <span className="project-entity">
            {moved.run.project} / {moved.alias}:{" "}
          </span>
          {moved.from ? <ModelName model={moved.from} /> : "nobody"} → <ModelName model={moved.to} />
        </span>
        <span className="project-facts">
          <Badge tone={moved.action === "rollback" ? "warn" : "good"}>{moved.action}</Badge>
          <When unixMs={moved.at_unix_ms} />
        </span>
      </Link>
    </li>
  );
}

function Alert({ raised: { run, alert } }: { raised: RaisedAlert }) {
  return (
    <li>
      <Link href={addresses.run({ entity: run.entity, project: run.project, run: run.name })}>
        <span className="project-name">
          <span className="project-entity">
            {run.project} / {run.display_name || run.name}:{" "}
          </span>
          {alert.title}
        </span>
        <span className="project-facts">
          <Badge tone={alertTones[alert.severity] ?? "plain"}>{alert.severity.toLowerCase()}</Badge>
          <When unixMs={alert.created_unix_ms} />
        </span>
        {alert.text !== "" && <span className="home-reason">{alert.text}</span>}
      </Link>
    </li>
  );
}

function When({ unixMs }: { unixMs: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(unixMs).toISOString()} title={formatTime(unixMs)}>
      {formatAgo(unixMs, now)}
    </time>
  );
}
