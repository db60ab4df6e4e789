// The file that re-derives its own numbers: downloaded, or verified here by the server.
import { useVerification, type Cycle } from "@/api/cycles";
import { prefix } from "@/api/client";
import type { RunRef } from "@/api/types";
import { Badge, Button, CopyLine, ErrorState } from "@/shared/components";
import { formatBytes } from "@/shared/format";
import { hrefOf } from "@/shared/fileAddress";
import { isRecordedEvidence } from "./states";
import { Verified } from "./Verified";

export function Evidence({ at, found }: { at: RunRef; found: Cycle }) {
  const verification = useVerification(at);
  const { evidence, report } = found;
  const isRecorded = evidence ? isRecordedEvidence(found.steps, evidence.sha256) : null;
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
            <code title={evidence.sha256}>{evidence.sha256.slice(0, 16)}</code>{" "}
            {isRecorded === true && <Badge tone="good">as the cycle wrote it</Badge>}
            {isRecorded === false && <Badge tone="bad">not the file that the cycle wrote</Badge>}
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
