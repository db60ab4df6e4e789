// Tables that the script logged, by key and step: any number of rows and columns, sorted and filtered here.
import { useMemo, useState } from "react";
import { useFilesByName, useMedia, useMediaSteps, type Media } from "@/api/media";
import { Button, EmptyState, ErrorState, LoadingState } from "@/shared/components";
import { formatBytes } from "@/shared/format";
import { isTable, placeAt } from "../media/values";
import { StepSlider } from "../StepSlider";
import type { TabProps } from "../view";
import { TableRows } from "./TableRows";
import { useTable } from "./useTable";
import "./tables.css";

export default function TablesTab(props: TabProps) {
  const query = useMedia(props.at);
  const tables = useMemo(() => (query.data ?? []).filter((one) => isTable(one.type)), [query.data]);
  if (query.isPending) return <LoadingState label="Tables are coming" />;
  if (query.isError) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  const chosen = tables.find((one) => one.key === props.view.table) ?? tables[0];
  if (!chosen)
    return (
      <EmptyState title="No tables yet">
        <p>
          A <code>wandb.Table</code> appears here as soon as the script logs one.
        </p>
      </EmptyState>
    );
  return <OneTable key={chosen.key} {...props} tables={tables} media={chosen} />;
}

function OneTable({ at, view, setView, tables, media }: TabProps & { tables: Media[]; media: Media }) {
  const query = useMediaSteps(at, media);
  const files = useFilesByName(at);
  const steps = useMemo(() => {
    const known = query.data ?? [];
    return known.length > 0 ? known : [{ step: media.last_step ?? 0, value: media.value }];
  }, [query.data, media.last_step, media.value]);
  const place = placeAt(steps, view.step);
  const [isAsked, setAsked] = useState(false);
  const found = useTable(at, media.key, steps, place, files, isAsked);
  return (
    <div className="run-tables">
      <div className="chart-controls">
        <label>
          Table
          <select
            value={media.key}
            onChange={(event) => setView({ table: event.target.value, rows: "", order: "" })}
          >
            {tables.map((one) => (
              <option key={one.key} value={one.key}>
                {one.key.slice(0, 80)}
              </option>
            ))}
          </select>
        </label>
        <StepSlider
          label={media.key}
          steps={steps}
          place={place}
          onStep={(step) => setView({ step }, "replace")}
        />
      </div>
      {query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      ) : found.error !== null ? (
        <ErrorState error={found.error} />
      ) : found.missing.length > 0 ? (
        <EmptyState title="The table has not arrived">
          <p>
            <bdi>{found.missing[0]}</bdi> is named by the run, but was not uploaded (yet).
          </p>
        </EmptyState>
      ) : found.isHuge ? (
        <EmptyState title={`This table has ${formatBytes(found.sizeBytes)}`}>
          <p>It is sorted and filtered in the browser, which needs several times as much memory.</p>
          <Button onClick={() => setAsked(true)}>Show it</Button>
        </EmptyState>
      ) : found.table === null ? (
        found.isPending ? (
          <LoadingState label="Rows are coming" />
        ) : (
          <EmptyState title="No table at this step" />
        )
      ) : (
        <TableRows name={media.key} table={found.table} files={files} view={view} setView={setView} />
      )}
    </div>
  );
}
