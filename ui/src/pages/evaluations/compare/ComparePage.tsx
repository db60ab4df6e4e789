// Two or more evaluations: may they be compared at all, and only then what came of it.
import { useMemo } from "react";
import { Link } from "wouter";
import { useComparison, type ComparedCandidate, type RunReference } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import type { PageProps } from "@/app/routes";
import { ErrorState, LoadingState, PageHeader } from "@/shared/components";
import { choice, list, optionalText, useViewState, type SetView, type View } from "@/shared/viewState";
import { evaluationAddress } from "../places";
import { ArmPicker } from "./ArmPicker";
import { CandidatesOverview } from "./CandidatesOverview";
import { ComparedReport } from "./ComparedReport";
import { Refused } from "./Refused";
import "@/shared/sections.css";
import "../answers/answers.css";
import "./compare.css";

const codecs = {
  base: optionalText,
  candidate: list,
  /** Which candidate's comparison is shown, by place. */
  shown: optionalText,
  kind: choice(["all", "gained", "lost", "mended", "broke", "both_wrong"], "lost"),
  row: optionalText,
};
export type CompareView = View<typeof codecs>;
export type SetCompareView = SetView<typeof codecs>;

export default function ComparePage({ params }: PageProps) {
  const { entity = "", project = "" } = params;
  const at = useMemo(() => ({ entity, project }), [entity, project]);
  const [view, setView] = useViewState(codecs);
  const chosen = useMemo(() => view.candidate.filter((one) => one !== ""), [view.candidate]);
  const query = useComparison(at, view.base, chosen);
  const isAsked = view.base !== null && chosen.length > 0;
  return (
    <div className="page-column">
      <PageHeader
        kind="Page"
        title="Compare"
        facts={
          <span className="quiet">paired, row by row; refused before any number where it would mislead</span>
        }
        from={
          query.data ? <Arms base={query.data.base} candidates={query.data.candidates} /> : "two evaluations"
        }
        usedBy="decisions"
      />
      <ArmPicker at={at} view={view} setView={setView} />
      {isAsked && query.isPending && <LoadingState label="The rows are being compared" />}
      {isAsked && query.isError && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && isAsked && (
        <Candidates at={at} candidates={query.data.candidates} view={view} setView={setView} />
      )}
    </div>
  );
}

function Arms({ base, candidates }: { base: RunReference; candidates: ComparedCandidate[] }) {
  return (
    <>
      <Link href={evaluationAddress(base)}>base</Link>
      {candidates.map((one, place) => (
        <span key={`${one.run.name} ${place}`}>
          ,{" "}
          <Link href={evaluationAddress(one.run)}>
            {candidates.length > 1 ? `candidate ${place + 1}` : "candidate"}
          </Link>
        </span>
      ))}
    </>
  );
}

interface CandidatesProps {
  at: ProjectRef;
  candidates: ComparedCandidate[];
  view: CompareView;
  setView: SetCompareView;
}

function Candidates({ at, candidates, view, setView }: CandidatesProps) {
  const place = Math.max(
    0,
    candidates.findIndex((one) => one.run.name === view.shown),
  );
  const shown = candidates[place];
  if (!shown) return null;
  return (
    <>
      {candidates.length > 1 && (
        <CandidatesOverview
          candidates={candidates}
          shown={place}
          onShow={(run) => setView({ shown: run, row: null })}
        />
      )}
      {shown.refused || !shown.comparison ? (
        <Refused refused={shown.refused ?? null} />
      ) : (
        <ComparedReport
          key={shown.run.name}
          at={at}
          compared={shown}
          comparison={shown.comparison}
          view={view}
          setView={setView}
        />
      )}
    </>
  );
}
