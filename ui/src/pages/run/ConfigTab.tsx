import { useQuery } from "@tanstack/react-query";
import { runsPage, useRun } from "@/api/runs";
import type { Run, RunRef } from "@/api/types";
import { EmptyState, ErrorState } from "@/shared/components";
import { formatValue } from "@/shared/format";
import { differencesOf, type Difference } from "./flatten";
import type { TabProps } from "./view";

const offered = 200;

/** The configuration, alone or against that of another run of the project. */
export function ConfigTab({ at, run, view, setView }: TabProps) {
  const others = useQuery(
    runsPage(at, { filters: null, order: "-created_at", configKeys: [], summaryKeys: [] }, 0, offered),
  );
  const choices = (others.data?.runs ?? []).filter((other) => other.name !== at.run);
  return (
    <div className="run-config">
      <div className="chart-controls">
        <label>
          Against
          <select
            value={view.against ?? ""}
            onChange={(event) => setView({ against: event.target.value || null })}
          >
            <option value="">no other run</option>
            {view.against !== null && !choices.some((other) => other.name === view.against) && (
              <option value={view.against}>{view.against}</option>
            )}
            {choices.map((other) => (
              <option key={other.name} value={other.name}>
                {(other.display_name || other.name).slice(0, 80)}
              </option>
            ))}
          </select>
        </label>
        {view.against !== null && (
          <label>
            <input
              type="checkbox"
              checked={view.differing}
              onChange={(event) => setView({ differing: event.target.checked })}
            />
            Only what differs
          </label>
        )}
      </div>
      {view.against === null ? (
        <ConfigTable rows={differencesOf(run.config, {})} other={null} />
      ) : (
        <Compared at={{ ...at, run: view.against }} run={run} isDifferingOnly={view.differing} />
      )}
    </div>
  );
}

function Compared({ at, run, isDifferingOnly }: { at: RunRef; run: Run; isDifferingOnly: boolean }) {
  const other = useRun(at);
  if (other.isError) return <ErrorState error={other.error} />;
  if (!other.data) return null;
  const all = differencesOf(run.config, other.data.config);
  const rows = isDifferingOnly ? all.filter((row) => row.kind !== "same") : all;
  if (rows.length === 0) return <EmptyState title="Both have the same configuration" />;
  return <ConfigTable rows={rows} other={other.data.display_name || other.data.name} />;
}

function ConfigTable({ rows, other }: { rows: Difference[]; other: string | null }) {
  if (rows.length === 0) return <EmptyState title="The script gave no configuration" />;
  return (
    <table className="run-config-table">
      <thead>
        <tr>
          <th scope="col">Key</th>
          <th scope="col">{other === null ? "Value" : "This run"}</th>
          {other !== null && (
            <th scope="col">
              <bdi>{other}</bdi>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.name} data-kind={other === null ? "same" : row.kind}>
            <th scope="row">
              <bdi>{row.name}</bdi>
            </th>
            <td>
              <bdi>{formatExact(row.left)}</bdi>
            </td>
            {other !== null && (
              <td>
                <bdi>{formatExact(row.right)}</bdi>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Configurations are shown to the last digit. */
const formatExact = (value: unknown) =>
  typeof value === "number" ? String(value) : formatValue(value).slice(0, 4000);
