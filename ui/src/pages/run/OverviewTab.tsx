import { formatDuration, formatNumber, formatTime, formatValue, numberOf } from "@/shared/format";
import { mediaWords } from "./media/values";
import { flatten } from "./flatten";
import type { TabProps } from "./view";

export function OverviewTab({ run }: TabProps) {
  const facts: [string, string][] = [
    ["Id", run.name],
    ["State", run.exit_code == null ? run.state : `${run.state}, exit code ${run.exit_code}`],
    ["User", formatValue(run.user)],
    ["Begun", formatTime(run.created_unix_ms)],
    ["Last heard of", formatTime(run.heartbeat_unix_ms)],
    ["Duration", formatDuration(run.duration_secs)],
    ["Program", formatValue(run.program)],
    ["Repository", formatValue(run.repo)],
    ["Commit", formatValue(run.commit)],
    ["Host", formatValue(run.host)],
    ["Group", formatValue(run.group)],
    ["Job type", formatValue(run.job_type)],
    ["Rows", formatNumber(run.history_rows)],
    ["Console lines", formatNumber(run.console_lines)],
  ];
  const results = flatten(run.summary, "", isWhole).filter(([name]) => !name.startsWith("_"));
  return (
    <div className="run-overview">
      {run.alerts.length > 0 && (
        <section>
          <h2>Alerts</h2>
          <ul className="run-alerts">
            {run.alerts.map((alert, at) => (
              <li key={at} data-severity={alert.severity}>
                <b>{alert.title}</b> {alert.text} <small>{formatTime(alert.created_unix_ms)}</small>
              </li>
            ))}
          </ul>
        </section>
      )}
      {run.notes && (
        <section>
          <h2>Notes</h2>
          <p className="run-notes">{run.notes}</p>
        </section>
      )}
      <section>
        <h2>Results</h2>
        {results.length === 0 ? (
          <p>None yet.</p>
        ) : (
          <Facts facts={results.map(([name, value]) => [name, shownValue(value)])} />
        )}
      </section>
      <section>
        <h2>The run</h2>
        <Facts facts={facts} />
      </section>
    </div>
  );
}

const listedAtMost = 500;

function Facts({ facts }: { facts: [string, string][] }) {
  return (
    <>
      <dl className="run-facts-list">
        {facts.slice(0, listedAtMost).map(([name, value]) => (
          <div key={name}>
            <dt>
              <bdi>{name}</bdi>
            </dt>
            <dd>
              <bdi>{value}</bdi>
            </dd>
          </div>
        ))}
      </dl>
      {facts.length > listedAtMost && (
        <p>and {formatNumber(facts.length - listedAtMost)} more; the charts show all</p>
      )}
    </>
  );
}

/** A medium is one result: its path and sums are nothing to read. */
const isWhole = (value: object) => Array.isArray(value) || mediaWords(value) !== null;

const shownValue = (value: unknown) =>
  mediaWords(value) ??
  formatValue(typeof value === "boolean" ? value : (numberOf(value) ?? value)).slice(0, 2000);
