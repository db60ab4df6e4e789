// Evaluations, their rows, and comparisons of them.
import { useQuery } from "@tanstack/react-query";
import { addressOf, call, request } from "./client";
import type { LiveEvent } from "./live";
import { runsPage } from "./runs";
import type { components } from "./schema";
import type { ProjectRef, RunRef } from "./types";
import { isOfProject, isOfRun, unheard, useRefreshed } from "./useRefreshed";

type Schemas = components["schemas"];

export type EvaluationRow = Schemas["EvaluationRow"];
export type Evaluation = Schemas["EvaluationAnswer"];
export type EvalReport = Schemas["EvalReport"];
export type Figure = Schemas["Metric"];
export type PrimaryFigure = Schemas["PrimaryFigure"];
export type ReportRow = Schemas["EvaluationRowAnswer"];
export type RowAnswer = Schemas["Answer"];
export type AnsweredBy = Schemas["AnsweredBy"];
export type ChatMessage = Schemas["ChatMessage"];
export type Comparison = Schemas["Comparison"];
export type ComparedCandidate = Schemas["ComparedCandidate"];
export type RefusedComparison = Schemas["RefusedComparison"];
export type PairedEffect = Schemas["PairedEffect"];
export type PairedRow = Schemas["PairedRowAnswer"];
export type Verdict = Schemas["Verdict"];
export type RunReference = Schemas["RunReference"];

export type RowsOrder = "worst" | "best" | "id";
export interface RowsWanted {
  order: RowsOrder;
  /** A failure code, `any`, `none`, or null for all. */
  failure: string | null;
  stratum: string | null;
}

export type PairKind = "flips" | "gained" | "lost" | "all";

export const evaluationKeys = {
  all: (at: ProjectRef) => ["evaluations", at.entity, at.project] as const,
  one: (at: RunRef) => ["evaluation", at.entity, at.project, at.run] as const,
  rows: (at: RunRef) => ["evaluation", at.entity, at.project, at.run, "rows"] as const,
  comparison: (at: ProjectRef) => ["comparison", at.entity, at.project] as const,
};

const mostEvaluations = 1000;
const gatheredMs = 1000;

/** Newest first; at most a thousand, `total` says how many there are. */
export function useEvaluations(at: ProjectRef) {
  useRefreshed(isOfProject(at), [evaluationKeys.all(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: evaluationKeys.all(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/evaluations", {
        path: { ...at },
        query: { limit: mostEvaluations },
        signal,
      }),
  });
}

/** With its rows: both are asked again when files of the run change. */
export function useEvaluation(at: RunRef) {
  useRefreshed(isOfRun(at), [evaluationKeys.one(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: evaluationKeys.one(at),
    queryFn: ({ signal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/evaluations/{run}", { path: { ...at }, signal }),
  });
}

/** Runs of `gradus eval` and of a cycle that have begun and are not finished. */
export function useRunningEvaluations(at: ProjectRef) {
  return useQuery(
    runsPage(
      at,
      {
        filters: JSON.stringify({ $and: [{ state: "running" }, { jobType: "eval" }] }),
        order: "-created_at",
        configKeys: ["model", "split", "task"],
        summaryKeys: [],
      },
      0,
      50,
    ),
  );
}

export function rowsPage(at: RunRef, wanted: RowsWanted, offset: number, limit: number) {
  return {
    queryKey: [...evaluationKeys.rows(at), wanted, offset, limit] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/evaluations/{run}/rows", {
        path: { ...at },
        query: {
          order: wanted.order,
          ...(wanted.failure === null ? {} : { failure: wanted.failure }),
          ...(wanted.stratum === null ? {} : { stratum: wanted.stratum }),
          offset,
          limit,
        },
        signal,
      }),
  };
}

export function useEvaluationRow(at: RunRef, id: string | null) {
  return useQuery({
    queryKey: [...evaluationKeys.rows(at), "one", id] as const,
    enabled: id !== null,
    queryFn: ({ signal }) => (isPathSegment(id ?? "") ? oneRow : rowAmongAll)(at, id ?? "", signal),
  });
}

/** An address cannot end in these, however they are written: to a browser they are places in a path. */
const isPathSegment = (id: string) => id !== "" && id !== "." && id !== "..";

const oneRow = (at: RunRef, id: string, signal: AbortSignal): Promise<ReportRow> =>
  call("get", "/api/v1/projects/{entity}/{project}/evaluations/{run}/rows/{id}", {
    path: { ...at, id },
    signal,
  });

const rowsAtOnce = 500;

async function rowAmongAll(at: RunRef, id: string, signal: AbortSignal): Promise<ReportRow> {
  const inOrder: RowsWanted = { order: "id", failure: null, stratum: null };
  for (let offset: number | null = 0; offset !== null;) {
    const page: Schemas["EvaluationRows"] = await rowsPage(at, inOrder, offset, rowsAtOnce).queryFn({
      signal,
    });
    const found = page.rows.find(({ row }) => row.id === id);
    if (found) return found;
    const next: number = offset + page.rows.length;
    offset = page.rows.length > 0 && next < page.total ? next : null;
  }
  throw new Error(`the evaluation has no row '${id}'`);
}

/** The server reads `candidate` repeatedly, so the address is made here and not from the typed query. */
function comparisonAddress(
  at: ProjectRef,
  page: "compare" | "compare/rows",
  pairs: [string, string][],
): string {
  const path = addressOf(`/api/v1/projects/{entity}/{project}/${page}`, { ...at }, {});
  return `${path}?${new URLSearchParams(pairs).toString()}`;
}

export function useComparison(at: ProjectRef, base: string | null, candidates: string[]) {
  const isArm = (event: LiveEvent) =>
    event.kind !== "lines" && [base, ...candidates].some((arm) => arm?.split("/").at(-1) === event.run);
  useRefreshed(isArm, [evaluationKeys.comparison(at)], gatheredMs);
  return useQuery({
    ...unheard,
    queryKey: [...evaluationKeys.comparison(at), base, candidates] as const,
    enabled: base !== null && candidates.length > 0,
    queryFn: async ({ signal }): Promise<Schemas["ComparisonList"]> => {
      const pairs: [string, string][] = [
        ["base", base ?? ""],
        ...candidates.map((one): [string, string] => ["candidate", one]),
      ];
      const answer = await request(comparisonAddress(at, "compare", pairs), { signal });
      return (await answer.json()) as Schemas["ComparisonList"];
    },
  });
}

export interface PairsWanted {
  base: string;
  candidate: string;
  kind: string;
}

export function pairsPage(at: ProjectRef, wanted: PairsWanted, offset: number, limit: number) {
  return {
    queryKey: [...evaluationKeys.comparison(at), "rows", wanted, offset, limit] as const,
    queryFn: ({ signal }: { signal: AbortSignal }) =>
      call("get", "/api/v1/projects/{entity}/{project}/compare/rows", {
        path: { ...at },
        query: { ...wanted, offset, limit },
        signal,
      }),
  };
}
