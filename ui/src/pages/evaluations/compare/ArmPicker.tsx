// Which evaluations: chosen here, or already in the address.
import { Link } from "wouter";
import { useEvaluations, type EvaluationRow } from "@/api/evaluations";
import type { ProjectRef } from "@/api/types";
import { addresses } from "@/app/addresses";
import { Button, EmptyState } from "@/shared/components";
import { formatTime } from "@/shared/format";
import { shortModel } from "@/shared/modelName";
import type { CompareView, SetCompareView } from "./ComparePage";

interface ArmPickerProps {
  at: ProjectRef;
  view: CompareView;
  setView: SetCompareView;
}

export function ArmPicker({ at, view, setView }: ArmPickerProps) {
  const query = useEvaluations(at);
  const rows = query.data?.evaluations.filter((row) => row.report) ?? [];
  const base = rows.find((row) => row.run.name === view.base);
  if (query.isSuccess && rows.length < 2)
    return (
      <EmptyState title={rows.length === 0 ? "Nothing to compare yet" : "Only one evaluation yet"}>
        <p>
          A comparison needs two evaluations of the same rows. See{" "}
          <Link href={addresses.projectPage(at, "evaluations")}>Evaluations</Link> for how to make them.
        </p>
      </EmptyState>
    );
  return (
    <div className="toolbar arm-picker">
      <ArmSelect
        label="Base"
        rows={rows}
        chosen={view.base}
        onChoose={(name) => setView({ base: name, shown: null, row: null })}
      />
      {(view.candidate.length === 0 ? [""] : view.candidate).map((name, place) => (
        <ArmSelect
          key={place}
          label={view.candidate.length > 1 ? `Candidate ${place + 1}` : "Candidate"}
          rows={rows.filter((row) => row.run.name !== view.base)}
          nearTo={base}
          chosen={name === "" ? null : name}
          onChoose={(chosen) =>
            setView({
              candidate: [...view.candidate.slice(0, place), chosen, ...view.candidate.slice(place + 1)],
              shown: null,
              row: null,
            })
          }
        />
      ))}
      {view.base !== null && view.candidate.length > 0 && !view.candidate.includes("") && (
        <Button onClick={() => setView({ candidate: [...view.candidate, ""] }, "replace")}>
          Another candidate
        </Button>
      )}
      {view.candidate.length > 1 && (
        <Button onClick={() => setView({ candidate: view.candidate.slice(0, -1), shown: null, row: null })}>
          Without the last
        </Button>
      )}
      {view.base !== null && view.candidate.length === 1 && (
        <Button
          onClick={() =>
            setView({
              base: view.candidate[0] ?? null,
              candidate: view.base === null ? [] : [view.base],
              row: null,
            })
          }
        >
          ⇄ Swap
        </Button>
      )}
    </div>
  );
}

interface ArmSelectProps {
  label: string;
  rows: EvaluationRow[];
  /** Those on the same rows come first. */
  nearTo?: EvaluationRow | undefined;
  chosen: string | null;
  onChoose: (name: string) => void;
}

function ArmSelect({ label, rows, nearTo, chosen, onChoose }: ArmSelectProps) {
  const isNear = (row: EvaluationRow) => nearTo && row.report?.data_sha256 === nearTo.report?.data_sha256;
  const near = nearTo ? rows.filter(isNear) : [];
  const others = rows.filter((row) => !near.includes(row));
  const isElsewhere = chosen !== null && !rows.some((row) => row.run.name === chosen);
  return (
    <label className="arm-select">
      <span>{label}</span>
      <select
        value={chosen ?? ""}
        onChange={(event) => event.target.value !== "" && onChoose(event.target.value)}
      >
        <option value="">Choose…</option>
        {isElsewhere && <option value={chosen}>{chosen}</option>}
        {near.length > 0 && (
          <optgroup label="On the same rows">
            {near.map((row) => (
              <ArmOption key={row.run.name} row={row} />
            ))}
          </optgroup>
        )}
        {near.length > 0 && others.length > 0 ? (
          <optgroup label="On other rows (will be refused)">
            {others.map((row) => (
              <ArmOption key={row.run.name} row={row} />
            ))}
          </optgroup>
        ) : (
          others.map((row) => <ArmOption key={row.run.name} row={row} />)
        )}
      </select>
    </label>
  );
}

function ArmOption({ row }: { row: EvaluationRow }) {
  return (
    <option value={row.run.name}>
      {`${shortModel(row.report?.model ?? row.run.name)} · ${row.report?.split ?? ""} · ${formatTime(row.run.created_unix_ms)}`}
    </option>
  );
}
