import type { PageRoute } from "@/app/routes";

export const routes: PageRoute[] = [
  {
    path: "/:entity/:project/evaluations",
    load: () => import("./list/EvaluationsPage"),
    tab: { label: "Evaluations", order: 4, shortcut: "e" },
  },
  { path: "/:entity/:project/evaluations/:run", load: () => import("./report/ReportPage") },
  {
    path: "/:entity/:project/compare",
    load: () => import("./compare/ComparePage"),
    tab: { label: "Compare", order: 5, shortcut: "c" },
  },
];
