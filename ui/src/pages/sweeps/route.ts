import type { PageRoute } from "@/app/routes";

export const routes: PageRoute[] = [
  {
    path: "/:entity/:project/sweeps",
    load: () => import("./SweepsPage"),
    tab: { label: "Sweeps", order: 3, shortcut: "w" },
  },
  { path: "/:entity/:project/sweeps/:id", load: () => import("./SweepPage") },
];
