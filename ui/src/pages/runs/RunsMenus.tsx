import { useState } from "react";
import type { ColumnList } from "@/api/types";
import { Button, Dialog, Menu } from "@/shared/components";
import type { SetView } from "@/shared/viewState";
import { columnTitle } from "./columns";
import type { codecs, RunsView } from "./view";

interface MenuProps {
  view: RunsView;
  setView: SetView<typeof codecs>;
}

export function GroupMenu({ columns, view, setView }: MenuProps & { columns: ColumnList }) {
  return (
    <Menu
      label={view.group === null ? "Group" : `Group: ${view.group}`}
      items={[
        { label: "Not grouped", isChecked: view.group === null, onSelect: () => setView({ group: null }) },
        ...columns.config.slice(0, 200).map(({ name }) => ({
          label: <bdi>{name}</bdi>,
          isChecked: view.group === name,
          onSelect: () => setView({ group: name }),
        })),
      ]}
    />
  );
}

export function TopMenu({ view, setView }: MenuProps) {
  return (
    <Menu
      label={`First ${view.top} drawn`}
      items={[10, 20, 50, 100, 200, 500].map((top) => ({
        label: `The first ${top} of the table`,
        isChecked: view.top === top,
        onSelect: () => setView({ top }),
      }))}
    />
  );
}

const setName = "gradus.columnSet.";
const listedAtMost = 300;

/** Which columns there are, looked for by name; sets of them are kept in this browser. */
export function ColumnsMenu({
  known,
  shown,
  setView,
}: {
  known: string[];
  shown: string[];
  setView: MenuProps["setView"];
}) {
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const found = known.filter((id) => id.toLowerCase().includes(search.toLowerCase()));
  const toggle = (id: string) =>
    setView({ column: shown.includes(id) ? shown.filter((one) => one !== id) : [...shown, id] }, "replace");
  return (
    <>
      <Button onClick={() => setOpen(true)}>Columns</Button>
      {isOpen && (
        <Dialog
          title="Columns"
          onClose={() => setOpen(false)}
          actions={<ColumnSets shown={shown} setView={setView} />}
        >
          <input
            type="search"
            className="columns-search"
            aria-label="Columns whose name holds"
            placeholder="Look for a column"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <ul className="columns-list">
            {found.slice(0, listedAtMost).map((id) => (
              <li key={id}>
                <label>
                  <input type="checkbox" checked={shown.includes(id)} onChange={() => toggle(id)} />
                  <bdi>{columnTitle(id)}</bdi>
                  <small>{id.includes(":") ? id.slice(0, id.indexOf(":")) : "run"}</small>
                </label>
              </li>
            ))}
          </ul>
          {found.length > listedAtMost && (
            <p>and {found.length - listedAtMost} more; look for a part of the name</p>
          )}
        </Dialog>
      )}
    </>
  );
}

function ColumnSets({ shown, setView }: { shown: string[]; setView: MenuProps["setView"] }) {
  const [sets, setSets] = useState(storedSets);
  const [name, setNamed] = useState("");
  const save = () => {
    localStorage.setItem(setName + name.trim(), JSON.stringify(shown));
    setSets(storedSets());
    setNamed("");
  };
  return (
    <div className="columns-sets">
      <Button onClick={() => setView({ column: [] })}>As at first</Button>
      {sets.length > 0 && (
        <Menu
          label="Sets"
          items={sets.map((set) => ({
            label: set,
            onSelect: () =>
              setView({ column: JSON.parse(localStorage.getItem(setName + set) ?? "[]") as string[] }),
          }))}
        />
      )}
      <input
        aria-label="Name of a set"
        placeholder="Name of a set"
        value={name}
        onChange={(event) => setNamed(event.target.value)}
      />
      <Button disabled={name.trim() === ""} onClick={save}>
        Keep
      </Button>
    </div>
  );
}

const storedSets = () =>
  Object.keys(localStorage)
    .filter((key) => key.startsWith(setName))
    .map((key) => key.slice(setName.length))
    .sort();
