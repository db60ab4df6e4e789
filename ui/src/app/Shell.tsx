// What stands around every page: where one is, the way to other projects and pages, keys, theme, connection.
import { useEffect, useState, useSyncExternalStore } from "react";
import { Link, useLocation } from "wouter";
import { connectLive } from "@/api/live";
import { keyWanted } from "@/api/key";
import { useProjects } from "@/api/projects";
import { useRefreshLists } from "@/api/useRefreshLists";
import type { ProjectRef } from "@/api/types";
import { Button, Menu, Toasts } from "@/shared/components";
import { chooseTheme, themeChoice, themeStore, type ThemeChoice } from "@/shared/theme/theme";
import { addresses } from "./addresses";
import { CommandPalette } from "./CommandPalette";
import { useCommands } from "@/shared/commands";
import { ConnectionBanner } from "./ConnectionBanner";
import { KeyPage } from "./KeyPage";
import { placeOf } from "./place";
import { projectTabs, Routes } from "./routes";
import { ShortcutHelp } from "./ShortcutHelp";
import { listenForShortcuts, useShortcuts } from "@/shared/shortcuts";
import "./app.css";

export function Shell() {
  const [path] = useLocation();
  const place = placeOf(path);
  const at = place.project === null ? null : { entity: place.entity ?? "", project: place.project };
  const isKeyWanted = useSyncExternalStore(keyWanted.subscribe, keyWanted.get);
  const [open, setOpen] = useState<"palette" | "keys" | null>(null);
  const scope = at === null ? null : `${at.entity}/${at.project}`;

  useEffect(() => listenForShortcuts(), []);
  useEffect(() => (isKeyWanted ? undefined : connectLive(scope)), [scope, isKeyWanted]);
  useRefreshLists();
  useGoing(at);
  useShortcuts([
    { keys: "mod k", says: "Go to anything", run: () => setOpen("palette"), isGlobal: true },
    { keys: "?", says: "Show these keys", run: () => setOpen("keys") },
  ]);

  if (isKeyWanted) return <KeyPage />;
  return (
    <>
      <a className="skip-link" href={`${window.location.pathname}${window.location.search}#content`}>
        To the content
      </a>
      <Header
        at={at}
        entity={place.entity}
        onPalette={() => setOpen("palette")}
        onKeys={() => setOpen("keys")}
      />
      <ConnectionBanner />
      <main id="content" tabIndex={-1}>
        <Routes />
      </main>
      <Toasts />
      {open === "palette" && <CommandPalette at={at} onClose={() => setOpen(null)} />}
      {open === "keys" && <ShortcutHelp onClose={() => setOpen(null)} />}
    </>
  );
}

interface HeaderProps {
  at: ProjectRef | null;
  entity: string | null;
  onPalette: () => void;
  onKeys: () => void;
}

function Header({ at, entity, onPalette, onKeys }: HeaderProps) {
  const [path] = useLocation();
  const page = placeOf(path).page;
  return (
    <header className="app-header">
      <nav className="breadcrumb" aria-label="Where you are">
        <Link href={addresses.home()} className="app-name">
          gradus
        </Link>
        {entity !== null && (
          <>
            <span aria-hidden="true">/</span>
            <Link href={addresses.entity(entity)} className="crumb">
              {entity}
            </Link>
          </>
        )}
        {at !== null && (
          <>
            <span aria-hidden="true">/</span>
            <ProjectSwitcher at={at} />
          </>
        )}
      </nav>
      {at !== null && (
        <nav className="tabs app-tabs" aria-label="Pages of the project">
          {projectTabs.map((tab) => (
            <Link
              key={tab.label}
              className="tab"
              href={tab.page === "" ? addresses.project(at) : addresses.projectPage(at, tab.page)}
              {...(page === tab.page || (tab.page === "" && page === "runs")
                ? { "aria-current": "page" as const }
                : {})}
            >
              {tab.label}
            </Link>
          ))}
        </nav>
      )}
      <div className="app-actions">
        <Button look="plain" onClick={onPalette}>
          <span aria-hidden="true">⌕</span>
          <span className="hidden-text">Go to anything</span>
          <kbd className="wide-only" aria-hidden="true">
            Ctrl K
          </kbd>
        </Button>
        <ThemeMenu />
        <Button look="plain" size="icon" onClick={onKeys} aria-label="Keys" className="wide-only">
          ?
        </Button>
        <Link
          href={addresses.settings()}
          className="button"
          data-look="plain"
          data-size="icon"
          aria-label="Settings"
        >
          <span aria-hidden="true">⚙</span>
        </Link>
      </div>
    </header>
  );
}

function ProjectSwitcher({ at }: { at: ProjectRef }) {
  const [, navigate] = useLocation();
  const projects = useProjects().data ?? [];
  return (
    <Menu
      look="plain"
      className="crumb"
      aria-label={`Project ${at.project}; go to another`}
      label={
        <>
          <span className="crumb-text">{at.project}</span> <span aria-hidden="true">▾</span>
        </>
      }
      items={projects.slice(0, 100).map((project) => ({
        label: `${project.entity}/${project.name}`,
        isChecked: project.entity === at.entity && project.name === at.project,
        onSelect: () => navigate(addresses.project({ entity: project.entity, project: project.name })),
      }))}
    />
  );
}

function ThemeMenu() {
  const isDark = useSyncExternalStore(themeStore.subscribe, themeStore.get);
  const [chosen, setChosen] = useState<ThemeChoice>(themeChoice);
  const choices: [ThemeChoice, string][] = [
    ["system", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ];
  return (
    <Menu
      look="plain"
      size="icon"
      aria-label="Theme"
      label={<span aria-hidden="true">{isDark ? "☾" : "☀"}</span>}
      items={choices.map(([choice, label]) => ({
        label,
        isChecked: chosen === choice,
        onSelect: () => {
          chooseTheme(choice);
          setChosen(choice);
        },
      }))}
    />
  );
}

/** Keys and commands that lead to pages. */
function useGoing(at: ProjectRef | null): void {
  const [, navigate] = useLocation();
  const general = [
    { keys: "g h", label: "Home", address: addresses.home() },
    { keys: "g s", label: "Settings", address: addresses.settings() },
  ];
  const ofProject = at
    ? projectTabs.map((tab) => ({
        keys: `g ${tab.shortcut}`,
        label: `${tab.label} of ${at.project}`,
        address: tab.page === "" ? addresses.project(at) : addresses.projectPage(at, tab.page),
      }))
    : [];
  const all = [...ofProject, ...general];
  useShortcuts(
    all.map(({ keys, label, address }) => ({ keys, says: `Go to: ${label}`, run: () => navigate(address) })),
  );
  useCommands(
    all.map(({ label, address }) => ({
      id: `go${address}`,
      group: "Go to",
      label,
      run: () => navigate(address),
    })),
  );
}
