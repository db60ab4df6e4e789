// The fields of a panel and of the dashboard itself.
import { useId, useState, type KeyboardEvent } from "react";
import { Button } from "@/shared/components";
import { panelTypes, type Panel, type PanelType } from "./panel";

export interface PanelFormProps {
  number: number;
  panel: Panel;
  metrics: string[];
  /** `field` is given while one is typed into, which is one step to undo. */
  onChange: (panel: Panel, field: string | null) => void;
}

const axes = ["step", "time", "runtime"];

export function PanelForm({ number, panel, metrics, onChange }: PanelFormProps) {
  const names = useId();
  const set = (patch: Partial<Panel>, field: string | null = null) => onChange({ ...panel, ...patch }, field);
  const isScatter = panel.type === "scatter";
  return (
    <fieldset className="form">
      <legend>Panel {number}</legend>
      <label>
        Type
        <select value={panel.type} onChange={(event) => set({ type: event.target.value as PanelType })}>
          {panelTypes.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
      </label>
      <label>
        Title
        <input value={panel.title} onChange={(event) => set({ title: event.target.value }, "title")} />
      </label>
      <NameList
        label={isScatter ? "Metrics that name the points" : "Metrics"}
        one="metric"
        values={panel.metrics}
        offered={names}
        onChange={(values) => set({ metrics: values })}
      />
      {(panel.type === "line" || isScatter) && (
        <label>
          X axis
          <input
            list={names}
            value={panel.x_axis ?? ""}
            placeholder={isScatter ? "a metric" : "step"}
            onChange={(event) => set({ x_axis: event.target.value || null }, "x_axis")}
          />
        </label>
      )}
      {panel.type !== "table" && panel.type !== "pie" && panel.type !== "scalar" && (
        <label>
          Y axis
          <input
            {...(isScatter ? { list: names } : {})}
            value={panel.y_axis ?? ""}
            placeholder={isScatter ? "a metric" : "a label"}
            onChange={(event) => set({ y_axis: event.target.value || null }, "y_axis")}
          />
        </label>
      )}
      {panel.type === "table" && (
        <NameList
          label="Columns"
          one="column"
          values={panel.columns}
          offered={null}
          onChange={(values) => set({ columns: values })}
        />
      )}
      <datalist id={names}>
        {[...(isScatter || panel.type === "line" ? axes : []), ...metrics].slice(0, 2000).map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </fieldset>
  );
}

export interface DashboardFormProps {
  title: string;
  datasets: string[];
  onTitle: (title: string) => void;
  onDatasets: (datasets: string[]) => void;
}

export function DashboardForm({ title, datasets, onTitle, onDatasets }: DashboardFormProps) {
  return (
    <fieldset className="form">
      <legend>Dashboard</legend>
      <label>
        Title
        <input value={title} onChange={(event) => onTitle(event.target.value)} />
      </label>
      <NameList label="Data sets" one="data set" values={datasets} offered={null} onChange={onDatasets} />
    </fieldset>
  );
}

interface NameListProps {
  label: string;
  one: string;
  values: string[];
  /** The id of a list of proposals. */
  offered: string | null;
  onChange: (values: string[]) => void;
}

function NameList({ label, one, values, offered, onChange }: NameListProps) {
  const [typed, setTyped] = useState("");
  const add = () => {
    const name = typed.trim();
    if (name !== "" && !values.includes(name)) onChange([...values, name]);
    setTyped("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      add();
    }
  };
  return (
    <div className="name-list" role="group" aria-label={label}>
      <span>{label}</span>
      <ul>
        {values.map((value) => (
          <li key={value}>
            <bdi title={value}>{value}</bdi>
            <button
              type="button"
              aria-label={`Remove ${one} ${value}`}
              onClick={() => onChange(values.filter((other) => other !== value))}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <span className="name-list-add">
        <input
          aria-label={`Add a ${one}`}
          placeholder={`add a ${one}`}
          {...(offered === null ? {} : { list: offered })}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <Button onClick={add} disabled={typed.trim() === ""}>
          Add
        </Button>
      </span>
    </div>
  );
}
