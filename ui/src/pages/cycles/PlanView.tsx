// The plan: one hypothesis, one change, what it is to bring, and the failures that it comes from.
import { Link } from "wouter";
import type { Cycle, Plan } from "@/api/cycles";
import { Badge } from "@/shared/components";
import { ShareBars } from "@/shared/figures";
import { formatNumber, formatShare, formatValue } from "@/shared/format";
import { evaluationOf, type RunName } from "./places";

export function PlanView({ found }: { found: Cycle }) {
  const { plan } = found;
  return (
    <section aria-labelledby="plan">
      <h2 id="plan">Plan</h2>
      {!plan ? (
        <p className="quiet">Not planned yet.</p>
      ) : (
        <>
          <p>
            <b>{plan.hypothesis ?? "There is nothing to change."}</b>
          </p>
          {plan.actions.map((action, place) => (
            <ActionView key={place} action={action} subject={found.parts["dev/subject"]} />
          ))}
          <div className="section-pair">
            <Clusters plan={plan} />
            <PlanNotes plan={plan} asked={found.set} />
          </div>
        </>
      )}
    </section>
  );
}

type Action = Plan["actions"][number];

function ActionView({ action, subject }: { action: Action; subject: RunName | undefined }) {
  return (
    <div className="action" data-status={action.status}>
      <p>
        <Badge tone={action.status === "now" ? "live" : "plain"}>{action.status}</Badge>{" "}
        <b>{changeText(action.change)}</b> <span className="quiet">({action.rule})</span>
      </p>
      <p>{action.why}</p>
      <p className="quiet">
        Expects {formatNumber(action.expectation.improvement)} on <bdi>{action.expectation.metric}</bdi>, at
        least {formatNumber(action.expectation.at_least)} ({action.expectation.basis}). {action.rollback.text}
      </p>
      {action.rows.length > 0 && (
        <p className="cited">
          Shown by rows{" "}
          {action.rows.slice(0, 10).map((row) =>
            subject ? (
              <span key={row}>
                <Link href={evaluationOf(subject, { tab: "rows", row })}>
                  <bdi>{row}</bdi>
                </Link>{" "}
              </span>
            ) : (
              <code key={row}>{row} </code>
            ),
          )}
        </p>
      )}
    </div>
  );
}

function changeText(change: Action["change"]): string {
  if (typeof change === "string") return change;
  if ("augmentation" in change)
    return `add ${formatNumber(change.augmentation.rows_to_add)} rows to the training`;
  const [what, keys] =
    "recipe" in change ? (["", change.recipe] as const) : (["evaluation: ", change.evaluation] as const);
  return what + keys.map((one) => `${one.key} ${formatValue(one.from)} → ${formatValue(one.to)}`).join(", ");
}

function Clusters({ plan }: { plan: Plan }) {
  const { counts } = plan;
  return (
    <section aria-label="Failures that it comes from">
      <h3>Failures on dev</h3>
      <ShareBars
        label="Rows by failure"
        whole={counts.rows}
        parts={[
          { id: "sound", label: "sound", count: counts.sound, tone: "good" },
          { id: "value", label: "value off", count: counts.value, tone: "bad" },
          { id: "format", label: "format", count: counts.format, tone: "bad" },
          { id: "transport", label: "no answer", count: counts.transport, tone: "muted" },
        ]}
      />
      <ul className="reasons">
        {plan.clusters.slice(0, 6).map((cluster) => (
          <li key={cluster.id}>
            <bdi>{cluster.what}</bdi>: {formatNumber(cluster.n)} of {formatNumber(cluster.n_matching)} rows,{" "}
            {formatShare(cluster.share_of_error)} of the error
          </li>
        ))}
      </ul>
    </section>
  );
}

function PlanNotes({ plan, asked }: { plan: Plan; asked: string[] }) {
  return (
    <section aria-label="Notes of the plan">
      {asked.length > 0 && (
        <>
          <h3>Asked for</h3>
          <p>
            <code>{asked.join(" ")}</code>
          </p>
        </>
      )}
      {plan.withheld.length > 0 && (
        <>
          <h3>Withheld</h3>
          <ul className="reasons">
            {plan.withheld.map((one, place) => (
              <li key={place}>
                <b>{one.rule}</b>: {one.reason}
              </li>
            ))}
          </ul>
        </>
      )}
      {plan.notes.length > 0 && (
        <>
          <h3>Notes</h3>
          <ul className="reasons">
            {plan.notes.map((note, place) => (
              <li key={place}>{note}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
