import type { PageRoute } from "@/app/routes";

export const routes: PageRoute[] = [
  {
    path: "/:entity/:project/dashboards",
    load: () => import("./DashboardsPage"),
    tab: { label: "Dashboards", order: 2, shortcut: "d" },
  },
  { path: "/:entity/:project/dashboards/:name", load: () => import("./DashboardPage") },
];
