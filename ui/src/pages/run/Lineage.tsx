// The head of the run's page: what it came from, and what came of it, as far as the client or our own program said.
import { Fragment, type ReactNode } from "react";
import { Link } from "wouter";
import { useUsers, type RunArtifact, type RunArtifacts, type RunReference } from "@/api/artifacts";
import { useCycle } from "@/api/cycles";
import type { Run, RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { formatCount, nothing } from "@/shared/format";
import { cycleOf, forkOf, groupFilter, isKeptByClient, isReport } from "./lineageOf";

interface LineageProps {
  at: RunRef;
  run: Run;
  artifacts: RunArtifacts | undefined;
}

const namedAtMost = 4;

/** Script, commit, sweep, group, cycle, parent, artifacts. */
export function Origin({ at, run, artifacts }: LineageProps) {
  const fork = forkOf(run.forked_from);
  const cycle = cycleOf(run.config);
  const used = (artifacts?.used ?? []).filter((one) => !isKeptByClient(one.artifact));
  return (
    <Parts
      parts={[
        run.program && <bdi>{run.program}</bdi>,
        run.commit && <code>{run.commit.slice(0, 10)}</code>,
        fork && (
          <Link href={addresses.run({ ...at, run: fork.run })}>
            run <bdi>{fork.run}</bdi>
            {fork.step !== null && ` at step ${fork.step}`}
          </Link>
        ),
        run.sweep && (
          <Link href={addresses.sweep(at, run.sweep)}>
            sweep <bdi>{run.sweep}</bdi>
          </Link>
        ),
        run.group && (
          <Link href={`${addresses.project(at)}?${new URLSearchParams({ filter: groupFilter(run.group) })}`}>
            group <bdi>{short(run.group)}</bdi>
          </Link>
        ),
        cycle !== null && <Link href={addresses.projectPage(at, "cycles", cycle)}>its cycle</Link>,
        ...versions(at, used),
        run.host && <bdi>{run.host}</bdi>,
      ]}
    />
  );
}

/** Artifacts that it made with the runs that took them, its report, the evaluations of its cycle. */
export function Uses({ at, run, artifacts }: LineageProps) {
  const made = (artifacts?.logged ?? []).filter((one) => !isKeptByClient(one.artifact));
  const taken = made.filter((one) => one.version.used_by > 0);
  const users = useUsers(taken.slice(0, namedAtMost).map((one) => one.artifact));
  const cycle = cycleOf(run.config);
  return (
    <Parts
      none={run.files > 0 ? `nothing yet; it left ${formatCount(run.files, "file")}` : "nothing yet"}
      parts={[
        isReport(run) && <Link href={addresses.projectPage(at, "evaluations", at.run)}>its report</Link>,
        run.job_type === "cycle" && (
          <Link href={addresses.projectPage(at, "cycles", at.run)}>its states and decision</Link>
        ),
        ...users.slice(0, namedAtMost).map((user) => runLink(user)),
        users.length > namedAtMost && `${users.length - namedAtMost} runs more`,
        ...(taken.length > 0 ? [] : versions(at, made)),
        run.job_type === "train" && cycle !== null && <CycleEvaluations at={{ ...at, run: cycle }} />,
      ]}
    />
  );
}

/** Evaluations of the cycle that a training belongs to: of what it made, and of what that was held against. */
function CycleEvaluations({ at }: { at: RunRef }) {
  const parts = Object.entries(useCycle(at).data?.parts ?? {}).filter(([, run]) => run.job_type === "eval");
  if (parts.length === 0) return <>its cycle</>;
  return (
    <Parts
      parts={parts.slice(0, namedAtMost).map(([part, run]) => (
        <Link key={part} href={addresses.projectPage(run, "evaluations", run.name)}>
          evaluation <bdi>{part}</bdi>
        </Link>
      ))}
    />
  );
}

function runLink(run: RunReference): ReactNode {
  return (
    <Link href={addresses.run({ ...run, run: run.name })}>
      {run.job_type === "eval" ? "evaluation " : "run "}
      <bdi>{short(run.display_name || run.name)}</bdi>
    </Link>
  );
}

function versions(at: RunRef, all: RunArtifact[]): ReactNode[] {
  return [
    ...all.slice(0, namedAtMost).map(({ artifact }) => (
      <Link
        key={`${artifact.name}:${artifact.version}`}
        href={addresses.artifact(artifact, artifact.type, artifact.name, artifact.version)}
      >
        <bdi>
          {short(artifact.name)}:{artifact.version}
        </bdi>
      </Link>
    )),
    all.length > namedAtMost && (
      <Link href={`${addresses.run(at)}?tab=artifacts`}>{all.length - namedAtMost} artifacts more</Link>
    ),
  ];
}

function Parts({ parts, none = nothing }: { parts: ReactNode[]; none?: string }) {
  const there = parts.filter((part) => part !== false && part !== null && part !== undefined && part !== "");
  if (there.length === 0) return <>{none}</>;
  return there.map((part, at) => (
    <Fragment key={at}>
      {at > 0 && " · "}
      {part}
    </Fragment>
  ));
}

const short = (name: string) => (name.length > 60 ? `${name.slice(0, 60)}…` : name);
