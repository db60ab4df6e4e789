import type { PageRoute } from "@/app/routes";

const load = () => import("./RunsPage");

export const routes: PageRoute[] = [
  { path: "/:entity/:project", load, tab: { label: "Runs", order: 1, shortcut: "r" } },
  { path: "/:entity/:project/runs", load },
];
