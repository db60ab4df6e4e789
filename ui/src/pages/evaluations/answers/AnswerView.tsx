// One answer of one arm: what was said byte for byte, what was read out of it, who said it, what it took.
import type { RowAnswer } from "@/api/evaluations";
import { Badge } from "@/shared/components";
import { formatDuration, formatNumber, nothing } from "@/shared/format";
import { explainFailure } from "../failures";

export function AnswerView({ answer, title }: { answer: RowAnswer | null | undefined; title: string }) {
  if (!answer) return null;
  const served = answer.answered_by;
  const grades = Object.entries(answer.grades ?? {});
  return (
    <section className="answer">
      <h3>
        {title}{" "}
        {answer.failure ? <Badge tone="bad">{answer.failure}</Badge> : <Badge tone="good">valid</Badge>}
      </h3>
      {answer.failure && <p className="bad-text">{explainFailure(answer.failure)}</p>}
      {answer.raw === null || answer.raw === undefined ? (
        <p className="quiet">No answer arrived.</p>
      ) : (
        <pre className="raw" tabIndex={0} aria-label={`${title}, as it came`}>
          {answer.raw === "" ? "(empty)" : answer.raw}
        </pre>
      )}
      <dl className="facts">
        <dt>Served by</dt>
        <dd>
          {served.model} ({served.backend}){" "}
          {answer.served_as_requested === false && <Badge tone="bad">not what was asked for</Badge>}
        </dd>
        {served.adapter_sha256 && (
          <>
            <dt>Adapter</dt>
            <dd>
              <code title={served.adapter_sha256}>{served.adapter_sha256.slice(0, 12)}</code>
            </dd>
          </>
        )}
        <dt>Latency</dt>
        <dd>{formatDuration(answer.latency_secs)}</dd>
        <dt>Tokens</dt>
        <dd>
          {formatNumber(answer.tokens.prompt)} in, {formatNumber(answer.tokens.completion)} out
          {answer.tokens.forced > 0 && `, ${formatNumber(answer.tokens.forced)} of them by the grammar`}
        </dd>
        <dt>Cost</dt>
        <dd>
          {answer.cost.usd === null || answer.cost.usd === undefined
            ? nothing
            : `$${formatNumber(answer.cost.usd)}`}{" "}
          <span className="quiet">({answer.cost.basis.replaceAll("_", " ")})</span>
        </dd>
        {grades.map(([grader, grade]) => (
          <GradeLine key={grader} grader={grader} grade={grade} judgement={answer.judgements?.[grader]} />
        ))}
        {(answer.attempts ?? []).length > 1 && (
          <>
            <dt>Attempts</dt>
            <dd>
              {(answer.attempts ?? [])
                .map((one) => `${one.failure ?? "answered"} after ${formatDuration(one.latency_secs)}`)
                .join("; ")}
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}

interface GradeProps {
  grader: string;
  grade: number | null;
  judgement: NonNullable<RowAnswer["judgements"]>[string] | undefined;
}

function GradeLine({ grader, grade, judgement }: GradeProps) {
  return (
    <>
      <dt>
        Grade <bdi>{grader}</bdi>
      </dt>
      <dd>
        {formatNumber(grade)}
        {judgement && (
          <span className="quiet">
            {" "}
            judged by {judgement.answered_by.model}
            {judgement.failure ? `: ${judgement.failure}` : `: ${judgement.raw ?? nothing}`}
          </span>
        )}
      </dd>
    </>
  );
}
