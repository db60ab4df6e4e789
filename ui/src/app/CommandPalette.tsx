// Ctrl-K: to any project, run, page or action by typing a part of its name.
import { useDeferredValue, useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { useQuery } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { useProjects } from "@/api/projects";
import { runsPage } from "@/api/runs";
import type { ProjectRef } from "@/api/types";
import { addresses } from "./addresses";
import { matching, useCommandList, type Command } from "@/shared/commands";

const shownAtMost = 60;

export function CommandPalette({ at, onClose }: { at: ProjectRef | null; onClose: () => void }) {
  const [wanted, setWanted] = useState("");
  const [place, setPlace] = useState(0);
  const commands = usePaletteCommands(at, useDeferredValue(wanted));
  const shown = commands.slice(0, shownAtMost);
  const chosen = shown[Math.min(place, shown.length - 1)];
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();

  useEffect(() => dialog.current?.showModal(), []);
  useEffect(
    () => list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" }),
    [place],
  );

  const choose = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      setPlace((Math.min(place, shown.length - 1) + step + shown.length) % Math.max(shown.length, 1));
    } else if (event.key === "Enter") {
      event.preventDefault();
      choose(chosen);
    }
  };
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Commands"
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <input
        autoFocus
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-label="Go to a project, run, page or action"
        {...(chosen ? { "aria-activedescendant": `${id}-${chosen.id}` } : {})}
        placeholder="Go to a project, run, page or action"
        value={wanted}
        onChange={(event) => {
          setWanted(event.target.value);
          setPlace(0);
        }}
        onKeyDown={onKeyDown}
      />
      <ul ref={list} id={id} role="listbox" aria-label="Found">
        {shown.map((command) => (
          <li
            key={command.id}
            id={`${id}-${command.id}`}
            role="option"
            aria-selected={command === chosen}
            onClick={() => choose(command)}
          >
            <span>{command.label}</span>
            <small>{command.group}</small>
          </li>
        ))}
      </ul>
      {shown.length === 0 && <p className="palette-none">Nothing is called so.</p>}
    </dialog>
  );
}

function usePaletteCommands(at: ProjectRef | null, wanted: string): Command[] {
  const [, navigate] = useLocation();
  const registered = useCommandList();
  const projects = useProjects().data ?? [];
  const runs = useFoundRuns(at, wanted.trim());
  const toProjects = projects.map((project) => ({
    id: `project/${project.entity}/${project.name}`,
    group: "Project",
    label: `${project.entity}/${project.name}`,
    run: () => navigate(addresses.project({ entity: project.entity, project: project.name })),
  }));
  return [...matching([...registered, ...toProjects], wanted), ...runs];
}

/** Runs of this project whose name or id holds the text: the server looks, there may be thousands. */
function useFoundRuns(at: ProjectRef | null, wanted: string): Command[] {
  const [, navigate] = useLocation();
  const pattern = { $regex: wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&") };
  const page = runsPage(
    at ?? { entity: "", project: "" },
    {
      filters: JSON.stringify({ $or: [{ display_name: pattern }, { name: pattern }] }),
      order: "-created_at",
      configKeys: [],
      summaryKeys: [],
    },
    0,
    20,
  );
  const { data } = useQuery({ ...page, enabled: at !== null && wanted.length > 0 });
  if (at === null) return [];
  return (data?.runs ?? []).map((run) => ({
    id: `run/${run.name}`,
    group: `Run ${run.name}`,
    label: run.display_name || run.name,
    run: () => navigate(addresses.run({ ...at, run: run.name })),
  }));
}
