// Who is champion, since when, what came before, how to go back; and how often the frozen set was looked at.
import { useRef } from "react";
import { Link } from "wouter";
import type { Alias, Move, Registry } from "@/api/cycles";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Badge, ModelName } from "@/shared/components";
import { formatNumber, formatShare, formatTime } from "@/shared/format";
import { evaluationOf } from "./places";
import { Rollback } from "./Rollback";

export function Champions({ at, registry }: { at: ProjectRef; registry: Registry }) {
  return (
    <section aria-label={`Champions of ${registry.task ?? registry.run.name}`}>
      <h2>
        Champions of <bdi>{registry.task ?? registry.run.name}</bdi>
      </h2>
      {registry.problems.map((problem) => (
        <p key={problem} className="bad-text">
          {problem}
        </p>
      ))}
      <div className="section-pair">
        <div>
          {registry.aliases.map((alias) => (
            <HolderOf key={alias.alias} at={at} registry={registry} alias={alias} />
          ))}
          {registry.aliases.length === 0 && <p className="quiet">Nobody was promoted yet.</p>}
          {registry.frozen_sets.map((frozen) => (
            <FrozenSet key={frozen.data_sha256} frozen={frozen} />
          ))}
        </div>
        <div>
          <h3>History</h3>
          {registry.history.length === 0 && <p className="quiet">No move yet.</p>}
          <ol className="timeline">
            {registry.history.map((move, place) => (
              <HistoryMove key={place} at={at} move={move} />
            ))}
          </ol>
        </div>
      </div>
    </section>
  );
}

function HolderOf({ at, registry, alias }: { at: ProjectRef; registry: Registry; alias: Alias }) {
  const holder = useRef<HTMLParagraphElement>(null);
  const [previous] = alias.before;
  return (
    <div>
      <h3>
        <bdi>{alias.alias}</bdi>
      </h3>
      <p ref={holder} tabIndex={-1} className="holder">
        {alias.holder ? (
          <b>
            <ModelName model={alias.holder.holder.model} />
          </b>
        ) : (
          "nobody"
        )}{" "}
        <span className="quiet">since {formatTime(alias.since_unix_ms)}</span>
        {alias.holder?.evaluation && (
          <>
            , <Link href={evaluationOf(alias.holder.evaluation)}>its evaluation</Link>
          </>
        )}
      </p>
      {previous && (
        <p className="quiet">
          Before: <ModelName model={previous.holder.model} />
          {previous.evaluation && (
            <>
              , <Link href={evaluationOf(previous.evaluation)}>its evaluation</Link>
            </>
          )}
        </p>
      )}
      <Rollback at={at} registry={registry} alias={alias} onMoved={() => holder.current?.focus()} />
    </div>
  );
}

function FrozenSet({ frozen }: { frozen: Registry["frozen_sets"][number] }) {
  const { budget } = frozen;
  const allowed = budget?.looks_allowed;
  return (
    <div>
      <h3>
        Looks at the frozen set <code title={frozen.data_sha256}>{frozen.data_sha256.slice(0, 10)}</code>
      </h3>
      <div
        className="looks"
        role="img"
        aria-label={`${formatNumber(frozen.looks_used)} of ${formatNumber(allowed)} looks used`}
      >
        {Array.from({ length: Math.min(60, allowed ?? frozen.looks_used) }, (_, place) => (
          <span key={place} data-used={place < frozen.looks_used} />
        ))}
      </div>
      <p className="quiet">
        {formatNumber(frozen.looks_used)} of {formatNumber(allowed)} used
        {budget && `, ${formatNumber(budget.looks_left)} left`}
        {budget &&
          `; chance that one of them promoted what is no better: at most ${formatShare(budget.chance_of_false_promotion)}`}
      </p>
    </div>
  );
}

function HistoryMove({ at, move }: { at: ProjectRef; move: Move }) {
  const { event } = move;
  return (
    <li>
      <span className="quiet">{formatTime(event.at_unix_secs * 1000)}</span>{" "}
      <Badge tone={event.action === "rollback" ? "warn" : "good"}>{event.action}</Badge>{" "}
      <bdi>{event.alias}</bdi>: {event.from ? <ModelName model={event.from.model} /> : "nobody"} →{" "}
      <ModelName model={event.to.model} />
      {move.cycle && (
        <>
          , <Link href={addresses.projectPage(at, "cycles", move.cycle.name)}>its cycle</Link>
        </>
      )}
      {move.to_evaluation && (
        <>
          , <Link href={evaluationOf(move.to_evaluation)}>its evaluation</Link>
        </>
      )}
    </li>
  );
}
