// The states that a cycle goes through, when each was reached and how long it took, and the files of each step.
import type { Cycle } from "@/api/cycles";
import { formatCount, formatDuration, formatTime } from "@/shared/format";
import { roadOf, totalSecs, type ShownStep } from "./states";

export function Road({ found }: { found: Cycle }) {
  const road = roadOf(found.steps, found.cycle.next);
  const done = road.filter((one) => one.stand === "done");
  const total = totalSecs(found.steps);
  return (
    <section aria-labelledby="road">
      <h2 id="road" className="hidden-text">
        Where it is
      </h2>
      <ol className="road">
        {road.map((one) => (
          <li
            key={one.state}
            data-stand={one.stand}
            {...(one.stand === "now" ? { "aria-current": "step" as const } : {})}
          >
            <span className="road-dot" aria-hidden="true">
              {one.stand === "done" ? "✓" : ""}
            </span>
            <b>{one.name}</b>
            <span className="quiet small">{whenOf(one)}</span>
            {one.step?.took_secs !== null && one.step?.took_secs !== undefined && (
              <span className="quiet small">took {formatDuration(one.step.took_secs)}</span>
            )}
          </li>
        ))}
      </ol>
      {done.length > 0 && (
        <details className="step-files">
          <summary>
            Files of {formatCount(done.length, "step")}, by hash
            {total !== null && `; together ${formatDuration(total)}`}
          </summary>
          {done.map((one) => (
            <StepFiles key={one.state} shown={one} />
          ))}
        </details>
      )}
    </section>
  );
}

function whenOf({ stand, step }: ShownStep): string {
  if (stand === "done") return formatTime(step?.finished_unix_ms);
  return stand === "now" ? "next" : "not yet";
}

function StepFiles({ shown }: { shown: ShownStep }) {
  if (shown.step === null) return null;
  return (
    <div>
      <h3>{shown.name}</h3>
      <div className="section-pair">
        <HashedFiles title="Read" files={shown.step.inputs} />
        <HashedFiles title="Left" files={shown.step.outputs} />
      </div>
    </div>
  );
}

function HashedFiles({ title, files }: { title: string; files: Record<string, string> }) {
  const names = Object.keys(files).sort();
  return (
    <div>
      <h4 className="quiet small">
        {title} {formatCount(names.length, "file")}
      </h4>
      <ul className="hashed-files">
        {names.map((name) => (
          <li key={name}>
            <bdi>{name}</bdi> <code title={files[name]}>{files[name]?.slice(0, 12)}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}
