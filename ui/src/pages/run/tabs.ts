// The parts of a run's page in their order. A new one is one entry here; what it remembers stands in `view.ts`.
import { lazy, type ComponentType } from "react";
import type { Media } from "@/api/media";
import type { Run } from "@/api/types";
import { ArtifactsTab } from "./ArtifactsTab";
import { ConfigTab } from "./ConfigTab";
import { ConsoleTab } from "./ConsoleTab";
import { FilesTab } from "./FilesTab";
import { isTable } from "./media/values";
import { OverviewTab } from "./OverviewTab";
import { RunChartsTab } from "./RunChartsTab";
import { SystemTab } from "./SystemTab";
import type { TabProps } from "./view";

/** What is known of a run when its tabs are chosen; undefined while it is not. */
export interface RunFacts {
  run: Run;
  media: Media[] | undefined;
  artifacts: { logged: unknown[]; used: unknown[] } | undefined;
}

export interface RunTab {
  id: string;
  label: string;
  Content: ComponentType<TabProps>;
  /** Where it is left out, all runs have it. An address that names it shows it in any case. */
  isShown?: (facts: RunFacts) => boolean;
}

export const runTabs: RunTab[] = [
  { id: "charts", label: "Charts", Content: RunChartsTab },
  { id: "overview", label: "Overview", Content: OverviewTab },
  { id: "config", label: "Config", Content: ConfigTab },
  {
    id: "media",
    label: "Media",
    Content: lazy(() => import("./media/MediaTab")),
    isShown: ({ media = [] }) => media.some((one) => !isTable(one.type)),
  },
  {
    id: "tables",
    label: "Tables",
    Content: lazy(() => import("./tables/TablesTab")),
    isShown: ({ media = [] }) => media.some((one) => isTable(one.type)),
  },
  { id: "console", label: "Console", Content: ConsoleTab },
  { id: "system", label: "System", Content: SystemTab },
  { id: "files", label: "Files", Content: FilesTab },
  {
    id: "artifacts",
    label: "Artifacts",
    Content: ArtifactsTab,
    isShown: ({ artifacts }) =>
      artifacts !== undefined && artifacts.logged.length + artifacts.used.length > 0,
  },
];
