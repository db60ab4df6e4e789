// What verifying found: all recomputed, what differs, or why it was not done.
import type { VerifiedEvidence } from "@/api/cycles";
import { Badge } from "@/shared/components";
import { formatCount, formatNumber, formatValue } from "@/shared/format";
import { factsOf } from "./states";

const mostLines = 50;
/** Told in the sentence or in lists of their own. */
const toldElsewhere = ["verified", "differences", "problems", "not_recomputed", "files", "rows_rescored"];

export function Verified({ found }: { found: VerifiedEvidence }) {
  const result: Record<string, unknown> | null = found.result ?? null;
  const isVerified = result !== null && result["verified"] === true;
  const facts = factsOf(result).filter(
    ([name, value]) => ![...toldElsewhere, "figures_recomputed"].includes(name) && value !== "null",
  );
  return (
    <div className="verified" data-verified={isVerified} role="status">
      <p>
        <Badge tone={isVerified ? "good" : "bad"}>{isVerified ? "verified" : "does not verify"}</Badge>{" "}
        {found.problem ?? sentenceOf(result)}
      </p>
      <Lines title="differ" lines={listOf(result?.["differences"])} isBad />
      <Lines title="problems" lines={listOf(result?.["problems"])} isBad />
      <Lines title="not recomputed" lines={listOf(result?.["not_recomputed"])} />
      <dl className="facts">
        <dt>SHA-256 of the file</dt>
        <dd>
          <code>{found.sha256}</code>
        </dd>
        {facts.slice(0, 20).map(([name, value]) => (
          <Fact key={name} name={name} value={value} />
        ))}
      </dl>
    </div>
  );
}

function sentenceOf(result: Record<string, unknown> | null): string {
  if (result === null) return "";
  const count = (key: string) => (typeof result[key] === "number" ? result[key] : null);
  const [files, rows, figures] = [count("files"), count("rows_rescored"), count("figures_recomputed")];
  return [
    files !== null && formatCount(files, "file"),
    rows !== null && `${formatCount(rows, "row")} scored again`,
    figures !== null && `${formatCount(figures, "figure")} recomputed`,
  ]
    .filter(Boolean)
    .join(", ");
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

function Lines({ title, lines, isBad = false }: { title: string; lines: unknown[]; isBad?: boolean }) {
  if (lines.length === 0) return null;
  return (
    <>
      <h3 className={isBad ? "bad-text" : undefined}>
        {formatNumber(lines.length)} {title}
      </h3>
      <ul className="reasons">
        {lines.slice(0, mostLines).map((line, place) => (
          <li key={place}>
            <bdi>{formatValue(line)}</bdi>
          </li>
        ))}
      </ul>
      {lines.length > mostLines && <p className="quiet">and {formatNumber(lines.length - mostLines)} more</p>}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name.replaceAll("_", " ")}</dt>
      <dd>{value}</dd>
    </>
  );
}
