// The field in which runs are filtered: with completion, and with what is wrong said below it.
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { flushSync } from "react-dom";
import type { ColumnList } from "@/api/types";
import { useShortcuts } from "@/shared/shortcuts";
import { completionsOf, type Completion } from "./complete";
import { parseFilter } from "./parse";
import { FilterError } from "./tokens";
import "./filter.css";

export interface FilterBarProps {
  filter: string;
  onFilter: (filter: string) => void;
  columns: ColumnList;
  /** What the server says of it. */
  refusal: string | null;
}

export function FilterBar({ filter, onFilter, columns, refusal }: FilterBarProps) {
  const [typed, setTyped] = useState(filter);
  const [completions, setCompletions] = useState<Completion[]>([]);
  const [place, setPlace] = useState(-1);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  useEffect(() => setTyped(filter), [filter]);
  useShortcuts([{ keys: "/", says: "Filter", run: () => field.current?.focus() }]);

  const fault = faultOf(typed);
  const offer = (text: string, cursor: number) => {
    setCompletions(completionsOf(text, cursor, columns));
    setPlace(-1);
  };
  const submit = () => {
    setCompletions([]);
    if (fault === null) onFilter(typed.trim());
  };
  const take = (completion: Completion) => {
    const text = `${typed.slice(0, completion.from)}${completion.text} ${typed.slice(completion.to).trimStart()}`;
    const cursor = completion.from + completion.text.length + 1;
    // At once: what is typed before the next frame belongs behind it.
    flushSync(() => {
      setTyped(text);
      offer(text, cursor);
    });
    field.current?.setSelectionRange(cursor, cursor);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = completions[place] ?? (event.key === "Tab" ? completions[0] : undefined);
    if (step !== undefined && completions.length > 0) {
      setPlace((place + step + completions.length) % completions.length);
    } else if (chosen && (event.key === "Enter" || (event.key === "Tab" && typed !== ""))) {
      take(chosen);
    } else if (event.key === "Enter") {
      submit();
    } else if (event.key === "Escape") {
      if (completions.length > 0) setCompletions([]);
      else field.current?.blur();
    } else return;
    event.preventDefault();
  };
  const said = fault === null ? refusal : `${fault.message} (at ${fault.at + 1})`;
  return (
    <div className="filter">
      <input
        ref={field}
        type="search"
        role="combobox"
        aria-label="Filter runs"
        aria-expanded={completions.length > 0}
        aria-controls={`${id}-list`}
        aria-invalid={said !== null}
        aria-describedby={`${id}-said`}
        {...(place >= 0 ? { "aria-activedescendant": `${id}-${place}` } : {})}
        placeholder="Filter: config.lr < 0.01 and state = finished"
        spellCheck={false}
        autoComplete="off"
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          offer(event.target.value, event.target.selectionStart ?? event.target.value.length);
          if (event.target.value === "") onFilter("");
        }}
        onFocus={(event) => offer(typed, event.target.selectionStart ?? 0)}
        onBlur={submit}
        onKeyDown={onKeyDown}
      />
      <ul
        id={`${id}-list`}
        className="menu filter-list"
        role="listbox"
        aria-label="Completions"
        hidden={completions.length === 0}
      >
        {completions.map((completion, at) => (
          <li
            key={completion.text}
            id={`${id}-${at}`}
            role="option"
            className="menu-item"
            aria-selected={at === place}
            // Before the field loses its focus.
            onPointerDown={(event) => {
              event.preventDefault();
              take(completion);
            }}
          >
            <bdi>{completion.text}</bdi>
            <small>{completion.hint}</small>
          </li>
        ))}
      </ul>
      <p id={`${id}-said`} className="filter-said" role="status">
        {said}
      </p>
    </div>
  );
}

function faultOf(filter: string): FilterError | null {
  try {
    parseFilter(filter);
    return null;
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
}
