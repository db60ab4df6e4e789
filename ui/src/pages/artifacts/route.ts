import type { PageRoute } from "@/app/routes";

const load = () => import("./ArtifactPage");

export const routes: PageRoute[] = [
  {
    path: "/:entity/:project/artifacts",
    load: () => import("./ArtifactsPage"),
    tab: { label: "Artifacts", order: 7, shortcut: "a" },
  },
  { path: "/:entity/:project/artifacts/:type/:name/:version", load },
];
