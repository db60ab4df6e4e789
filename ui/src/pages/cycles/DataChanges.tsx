// What was changed in the rows that were trained on, and what the check of them found.
import type { Cycle } from "@/api/cycles";
import { factsOf } from "./states";

export function DataChanges({ found }: { found: Cycle }) {
  const parts: [string, [string, string][]][] = [
    ["Rows added and left out", factsOf(found.augmentation_stats)],
    ["Check of the training rows", factsOf(found.data_check)],
  ];
  const shown = parts.filter(([, facts]) => facts.length > 0);
  return (
    <section aria-labelledby="data">
      <h2 id="data">Data</h2>
      {shown.length === 0 && <p className="quiet">No rows were built yet.</p>}
      <div className="section-pair">
        {shown.map(([title, facts]) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <dl className="facts">
              {facts.slice(0, 24).map(([name, value]) => (
                <Fact key={name} name={name} value={value} />
              ))}
            </dl>
            {facts.length > 24 && <p className="quiet">and {facts.length - 24} more in the run's files</p>}
          </section>
        ))}
      </div>
    </section>
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
