import type { PageRoute } from "@/app/routes";

export const routes: PageRoute[] = [
  {
    path: "/:entity/:project/cycles",
    load: () => import("./CyclesPage"),
    tab: { label: "Cycles", order: 6, shortcut: "y" },
  },
  { path: "/:entity/:project/cycles/:run", load: () => import("./CyclePage") },
];
