// Every address of the app in one place: those that the wandb client prints, and ours beside them.
import type { ProjectRef, RunRef } from "@/api/types";

const join = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

export const addresses = {
  home: () => "/",
  settings: () => "/settings",
  entity: (entity: string) => join(entity),
  project: (at: ProjectRef) => join(at.entity, at.project),
  /** A page of a project: "dashboards", "sweeps", … with what is below it. */
  projectPage: (at: ProjectRef, page: string, ...below: string[]) =>
    join(at.entity, at.project, page, ...below),
  run: (at: RunRef) => join(at.entity, at.project, "runs", at.run),
  sweep: (at: ProjectRef, id: string) => join(at.entity, at.project, "sweeps", id),
  artifact: (at: ProjectRef, type: string, name: string, version: string) =>
    join(at.entity, at.project, "artifacts", type, name, version),
};
