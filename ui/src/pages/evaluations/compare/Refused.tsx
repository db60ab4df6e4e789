// A refusal: why, and who answered. No figure of quality, on purpose.
import type { RefusedComparison } from "@/api/evaluations";
import { ModelName } from "@/shared/components";
import { ShareBars } from "@/shared/figures";
import { formatNumber } from "@/shared/format";

export function Refused({ refused }: { refused: RefusedComparison | null }) {
  return (
    <div className="sections">
      <section className="verdict" data-verdict="refused" aria-labelledby="verdict">
        <h2 id="verdict">Refused: these two must not be compared</h2>
        <p>No difference is shown, because it would not mean what it seems to.</p>
        <ul className="reasons">
          {refused?.refusals.map((refusal, place) => (
            <li key={place}>
              <p>{refusal.text}</p>
              {(refusal.base || refusal.candidate) && (
                <dl className="facts">
                  <dt>Base</dt>
                  <dd>{refusal.base ?? "–"}</dd>
                  <dt>Candidate</dt>
                  <dd>{refusal.candidate ?? "–"}</dd>
                </dl>
              )}
              <code>{refusal.code}</code>
            </li>
          ))}
        </ul>
      </section>
      {refused && (
        <section aria-labelledby="served">
          <h2 id="served">Who answered</h2>
          <div className="section-pair">
            {(["base", "candidate"] as const).map((name) => (
              <ServedArm key={name} name={name} arm={refused[name]} />
            ))}
          </div>
        </section>
      )}
    </div>
  );
}

function ServedArm({ name, arm }: { name: "base" | "candidate"; arm: RefusedComparison["base"] }) {
  return (
    <section aria-label={`Who answered for the ${name}`}>
      <h3>
        {name === "base" ? "Base" : "Candidate"}: <ModelName model={arm.model} />
      </h3>
      <p className="section-note">
        {formatNumber(arm.n_served_as_requested)} of {formatNumber(arm.n_total)} rows were answered by what
        was asked for.
      </p>
      <ShareBars
        label={`Who answered for the ${name}`}
        whole={arm.n_total}
        parts={Object.entries(arm.served_by).map(([model, count]) => ({
          id: model,
          label: model,
          count,
          tone: model.startsWith("nobody") ? "muted" : "accent",
        }))}
      />
    </section>
  );
}
