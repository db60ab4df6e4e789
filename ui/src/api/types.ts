// Short names for the shapes of docs/openapi.json.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Viewer = Schemas["Viewer"];
export type Health = Schemas["Health"];
export type Project = Schemas["ProjectAnswer"];
export type RunRow = Schemas["RunRow"];
export type RunList = Schemas["RunList"];
export type Run = Schemas["RunAnswer"];
export type RunChange = Schemas["RunChange"];
export type Column = Schemas["Column"];
export type ColumnList = Schemas["ColumnList"];
export type Metric = Schemas["Metric"];
export type MetricGroup = Schemas["MetricGroup"];
export type BucketSeries = Schemas["BucketSeries"];
export type ConsoleLine = Schemas["Line"];
export type FileEntry = Schemas["FileAnswer"];
export type SystemMetric = Schemas["SystemMetric"];

/** A project's address. */
export interface ProjectRef {
  entity: string;
  project: string;
}

/** A run's address. */
export interface RunRef extends ProjectRef {
  run: string;
}
