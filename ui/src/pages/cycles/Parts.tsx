// Runs that belong to a cycle: what was measured before the plan, what the decision stands on, the training.
import { Link } from "wouter";
import type { Cycle } from "@/api/cycles";
import { addresses } from "@/app/addresses";
import { evaluationOf } from "./places";
import { partGroups, type PartGroup } from "./states";

export function Parts({ found }: { found: Cycle }) {
  const groups = partGroups(Object.keys(found.parts));
  if (groups.length === 0) return null;
  return (
    <section aria-labelledby="parts">
      <h2 id="parts">Its evaluations and training</h2>
      <dl className="facts">
        {groups.map((group) => (
          <PartLine key={group.title} group={group} parts={found.parts} />
        ))}
      </dl>
    </section>
  );
}

function PartLine({ group, parts }: { group: PartGroup; parts: Cycle["parts"] }) {
  return (
    <>
      <dt>{group.title}</dt>
      <dd>
        <ul className="part-list">
          {group.parts.map(({ part, name }) => {
            const run = parts[part];
            if (!run) return null;
            const href =
              part === "training"
                ? addresses.run({ entity: run.entity, project: run.project, run: run.name })
                : evaluationOf(run);
            return (
              <li key={part}>
                <Link href={href} title={run.display_name ?? run.name}>
                  {name}
                </Link>
              </li>
            );
          })}
        </ul>
      </dd>
    </>
  );
}
