// Addresses of this folder's pages with what is chosen in them.
import type { ProjectRef, RunRef } from "@/api/types";
import { addresses } from "@/app/addresses";

export interface RunName {
  entity: string;
  project: string;
  name: string;
}

export function evaluationAddress(run: RunName, chosen: Record<string, string> = {}): string {
  const path = addresses.projectPage({ entity: run.entity, project: run.project }, "evaluations", run.name);
  const search = new URLSearchParams(chosen).toString();
  return search === "" ? path : `${path}?${search}`;
}

export function compareAddress(at: ProjectRef, base: string, candidates: string[]): string {
  const search = new URLSearchParams([
    ["base", base],
    ...candidates.map((one): [string, string] => ["candidate", one]),
  ]);
  return `${addresses.projectPage(at, "compare")}?${search.toString()}`;
}

/** As the server wants it: the bare id within the project, else with entity and project. */
export function runNameIn(at: ProjectRef, run: RunName): string {
  return run.entity === at.entity && run.project === at.project
    ? run.name
    : `${run.entity}/${run.project}/${run.name}`;
}

/** What `runNameIn` gave, taken apart again. */
export function runRefIn(at: ProjectRef, name: string): RunRef {
  const [entity, project, run] = name.split("/");
  return run === undefined
    ? { entity: at.entity, project: at.project, run: name }
    : { entity: entity ?? at.entity, project: project ?? at.project, run };
}
