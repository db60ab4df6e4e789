// One row of both arms, whole: both answers with what differs marked, target, prompt. Asked by its id, so that
// an address leads to it wherever it stands in the list.
import { useEffect, useMemo, useRef } from "react";
import {
  useEvaluationRow,
  type Comparison,
  type PairedRow,
  type ReportRow,
  type RowAnswer,
} from "@/api/evaluations";
import type { ProjectRef, RunRef } from "@/api/types";
import { Badge, Button, ErrorState, LoadingState } from "@/shared/components";
import { formatNumber } from "@/shared/format";
import { Prompt } from "../answers/Prompt";
import { Target } from "../answers/Target";
import { explainFailure } from "../failures";
import { runRefIn } from "../places";
import { diffTexts, type DiffPart } from "./diff";
import { signed } from "./words";

interface PairProps {
  at: ProjectRef;
  base: string;
  candidate: string;
  id: string;
  comparison: Comparison;
  onClose: () => void;
}

export function Pair({ at, base, candidate, id, comparison, onClose }: PairProps) {
  const refs = useMemo(
    (): [RunRef, RunRef] => [runRefIn(at, base), runRefIn(at, candidate)],
    [at, base, candidate],
  );
  const [left, right] = [useEvaluationRow(refs[0], id), useEvaluationRow(refs[1], id)];
  const article = useRef<HTMLElement>(null);
  const isThere = left.isSuccess && right.isSuccess;
  useEffect(() => {
    if (isThere) article.current?.scrollIntoView({ block: "nearest" });
  }, [id, isThere]);
  const failed = [left, right].find((one) => one.isError);
  return (
    <article ref={article} className="pair" aria-label={`Row ${id}`}>
      <div className="row-panel-head">
        <h3>
          Row <bdi>{id}</bdi>
          {right.data?.stratum && <span className="quiet">, {right.data.stratum}</span>}
          {left.data && right.data && <Change left={left.data} right={right.data} comparison={comparison} />}
        </h3>
        <Button look="plain" size="icon" aria-label="Close the row" onClick={onClose}>
          ✕
        </Button>
      </div>
      {failed && <ErrorState error={failed.error} onRetry={() => void failed.refetch()} />}
      {!failed && !isThere && <LoadingState label="The row is coming" />}
      {left.data && right.data && <PairContent left={left.data} right={right.data} comparison={comparison} />}
    </article>
  );
}

interface ContentProps {
  left: ReportRow;
  right: ReportRow;
  comparison: Comparison;
}

function Change({ left, right, comparison }: ContentProps) {
  if (left.primary === null || left.primary === undefined) return null;
  if (right.primary === null || right.primary === undefined) return null;
  const difference = right.primary - left.primary;
  const improvement = comparison.direction === "minimize" ? -difference : difference;
  return (
    <span className={improvement > 0 ? "good-text" : improvement < 0 ? "bad-text" : "quiet"}>
      {" "}
      {improvement === 0 ? "no difference" : `improvement ${signed(improvement)}`}
    </span>
  );
}

function PairContent({ left, right, comparison }: ContentProps) {
  const [base, candidate] = [counted(left.row), counted(right.row)];
  const diff = useMemo(() => diffTexts(base?.raw ?? "", candidate?.raw ?? ""), [base, candidate]);
  return (
    <>
      <div className="section-pair">
        <PairSide title="Base" answer={base} parts={diff.left} score={left.primary} />
        <PairSide title="Candidate" answer={candidate} parts={diff.right} score={right.primary} />
      </div>
      <Target
        target={right.row.target}
        scale={comparison.scale ?? null}
        arms={[
          { name: "Base", look: "base", answer: base },
          { name: "Candidate", look: "candidate", answer: candidate },
        ]}
      />
      <Prompt messages={right.row.messages} />
    </>
  );
}

/** The answer that is scored: the one under the grammar where there is one. */
export const counted = (arm: Pick<PairedRow["base"], "constrained" | "unconstrained">) =>
  arm.constrained ?? arm.unconstrained;

interface PairSideProps {
  title: string;
  answer: RowAnswer | null | undefined;
  parts: DiffPart[];
  score: number | null | undefined;
}

function PairSide({ title, answer, parts, score }: PairSideProps) {
  return (
    <section aria-label={title}>
      <h3>
        {title} {formatNumber(score)}{" "}
        {answer?.failure && (
          <span title={explainFailure(answer.failure)}>
            <Badge tone="bad">{answer.failure}</Badge>
          </span>
        )}
      </h3>
      {answer?.failure && <p className="bad-text">{explainFailure(answer.failure)}</p>}
      <pre className="raw" tabIndex={0} aria-label={`${title}: the answer as it came`}>
        {parts.length === 0
          ? "No answer arrived."
          : parts.map((part, place) => (part.isOwn ? <mark key={place}>{part.text}</mark> : part.text))}
      </pre>
    </section>
  );
}
