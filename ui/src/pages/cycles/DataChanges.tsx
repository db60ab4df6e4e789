// What was changed in the rows that were trained on, and what the check of them found.
import type { Cycle } from "@/api/cycles";
import { Badge, type Tone } from "@/shared/components";
import { formatCount, formatNumber } from "@/shared/format";
import { readDataCheck, readRowsBuilt, type DataCheck, type DataFinding, type RowsBuilt } from "./dataCheck";
import { factsOf } from "./states";

export function DataChanges({ found }: { found: Cycle }) {
  const built = readRowsBuilt(found.augmentation_stats);
  const check = readDataCheck(found.data_check);
  const unread = [
    ...(built === null ? factsOf(found.augmentation_stats) : []),
    ...(check === null ? factsOf(found.data_check) : []),
  ];
  return (
    <section aria-labelledby="data">
      <h2 id="data">Data</h2>
      {check === null && built === null && unread.length === 0 && (
        <p className="quiet">No rows were built yet.</p>
      )}
      {built && <BuiltRows built={built} />}
      {built === null && check && <p>Trained on the rows as they were: none added, none left out.</p>}
      {check && <Checked check={check} />}
      {unread.length > 0 && (
        <dl className="facts">
          {unread.slice(0, 24).map(([name, value]) => (
            <Fact key={name} name={name} value={value} />
          ))}
        </dl>
      )}
    </section>
  );
}

function BuiltRows({ built }: { built: RowsBuilt }) {
  const dropped = built.dropped.reduce((sum, [, count]) => sum + count, 0);
  const after = built.before + built.repeated + built.recombined;
  return (
    <p>
      {formatNumber(built.before)} rows and {formatNumber(built.repeated)} repeated and{" "}
      {formatNumber(built.recombined)} recombined ones make <b>{formatCount(after, "training row")}</b>;{" "}
      {formatNumber(dropped)} left out
      {built.dropped.length > 0 &&
        ` (${built.dropped.map(([why, count]) => `${why.replaceAll("_", " ")} ${formatNumber(count)}`).join(", ")})`}
      .
    </p>
  );
}

const levelTones: Record<string, Tone> = { ok: "good", pass: "good", warn: "warn", fail: "bad" };

function Checked({ check }: { check: DataCheck }) {
  const [wrong, fine] = [
    check.findings.filter((one) => levelTones[one.level] !== "good"),
    check.findings.filter((one) => levelTones[one.level] === "good"),
  ];
  return (
    <section aria-label="Check of the rows">
      <h3>
        Check of the rows <Badge tone={levelTones[check.verdict] ?? "plain"}>{check.verdict}</Badge>{" "}
        <span className="quiet">
          {check.rows.map(([role, count]) => `${role} ${formatNumber(count)}`).join(", ")}
        </span>
      </h3>
      <ul className="findings">
        {wrong.map((one, place) => (
          <Finding key={place} finding={one} />
        ))}
      </ul>
      {fine.length > 0 && (
        <details>
          <summary>{formatCount(fine.length, "finding")} in order</summary>
          <ul className="findings">
            {fine.map((one, place) => (
              <Finding key={place} finding={one} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

const mostExamples = 5;

function Finding({ finding }: { finding: DataFinding }) {
  const more = finding.examples.length - mostExamples;
  return (
    <li>
      <Badge tone={levelTones[finding.level] ?? "plain"}>{finding.level}</Badge> <b>{finding.check}</b>:{" "}
      {finding.says}
      {finding.mend !== "" && <div className="quiet">{finding.mend}</div>}
      {finding.examples.slice(0, mostExamples).map((example, place) => (
        <div key={place} className="quiet small">
          <bdi>{example}</bdi>
        </div>
      ))}
      {more > 0 && (
        <div className="quiet small">and {formatNumber(more)} more in data/check.json of its run</div>
      )}
    </li>
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
