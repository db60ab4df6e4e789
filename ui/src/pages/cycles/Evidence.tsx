// The file that re-derives its own numbers: downloaded, or verified here by the server.
import { useVerification, type Cycle, type VerifiedEvidence } from "@/api/cycles";
import { prefix } from "@/api/client";
import type { RunRef } from "@/api/types";
import { Badge, Button, CopyLine, ErrorState } from "@/shared/components";
import { formatBytes, formatNumber, formatValue } from "@/shared/format";
import { hrefOf } from "@/shared/fileAddress";
import { factsOf } from "./states";

export function Evidence({ at, found }: { at: RunRef; found: Cycle }) {
  const verification = useVerification(at);
  const { evidence, report } = found;
  return (
    <section aria-labelledby="evidence">
      <h2 id="evidence">Evidence</h2>
      {!evidence ? (
        <p className="quiet">It is packed when the cycle is done.</p>
      ) : (
        <>
          <p className="section-note">
            Holds every row, output and hash; verifying scores the raw rows again and compares every figure.{" "}
            {formatBytes(evidence.size_bytes)}, SHA-256{" "}
            <code title={evidence.sha256}>{evidence.sha256.slice(0, 16)}</code>
          </p>
          <div className="button-row">
            <a className="button" href={hrefOf(prefix, evidence.url)} download="evidence.zip">
              Download
            </a>
            <Button look="primary" disabled={verification.isPending} onClick={() => verification.mutate()}>
              {verification.isPending ? "Verifying…" : "Verify here"}
            </Button>
            {report && (
              <a className="button" href={hrefOf(prefix, report.url)} download="report.html">
                Report as a page
              </a>
            )}
          </div>
          <CopyLine text="gradus evidence verify evidence.zip" />
          {verification.isError && <ErrorState error={verification.error} />}
          {verification.data && <Verified found={verification.data} />}
        </>
      )}
    </section>
  );
}

function Verified({ found }: { found: VerifiedEvidence }) {
  const result = found.result ?? null;
  const isVerified = result !== null && result["verified"] === true;
  const differences = Array.isArray(result?.["differences"]) ? (result["differences"] as unknown[]) : [];
  const facts = factsOf(result).filter(([name]) => name !== "differences" && name !== "verified");
  return (
    <div className="verified" data-verified={isVerified} role="status">
      <p>
        <Badge tone={isVerified ? "good" : "bad"}>{isVerified ? "verified" : "does not verify"}</Badge>{" "}
        {found.problem}
      </p>
      {differences.length > 0 && (
        <>
          <h3>{formatNumber(differences.length)} differ</h3>
          <ul className="reasons">
            {differences.slice(0, 50).map((one, place) => (
              <li key={place}>{formatValue(one)}</li>
            ))}
          </ul>
        </>
      )}
      <dl className="facts">
        {facts.slice(0, 20).map(([name, value]) => (
          <VerifiedFact key={name} name={name} value={value} />
        ))}
      </dl>
    </div>
  );
}

function VerifiedFact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name.replaceAll("_", " ")}</dt>
      <dd>{value}</dd>
    </>
  );
}
