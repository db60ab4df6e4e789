// Where a decision's rows can be looked at.
import { addresses } from "@/app/addresses";

export interface RunName {
  entity: string;
  project: string;
  name: string;
}

type Maybe = RunName | null | undefined;

export function evaluationOf(run: RunName, chosen: Record<string, string> = {}): string {
  const path = addresses.projectPage({ entity: run.entity, project: run.project }, "evaluations", run.name);
  const search = new URLSearchParams(chosen).toString();
  return search === "" ? path : `${path}?${search}`;
}

export function compareAddress(
  base: Maybe,
  candidate: Maybe,
  chosen: Record<string, string> = {},
): string | null {
  if (!base || !candidate) return null;
  const at = { entity: candidate.entity, project: candidate.project };
  const isNear = base.entity === at.entity && base.project === at.project;
  const search = new URLSearchParams({
    base: isNear ? base.name : `${base.entity}/${base.project}/${base.name}`,
    candidate: candidate.name,
    ...chosen,
  });
  return `${addresses.projectPage(at, "compare")}?${search.toString()}`;
}

/** A row in both answers where both are there, else in the candidate's. */
export function rowAddress(
  { base, candidate }: { base: Maybe; candidate: Maybe },
  row: string,
): string | null {
  if (!candidate) return null;
  return (
    compareAddress(base, candidate, { kind: "all", row }) ?? evaluationOf(candidate, { tab: "rows", row })
  );
}
