import { columnsQuery } from "@/api/projects";
import { queryClient } from "@/api/queryClient";
import type { PageParams, PageRoute } from "@/app/routes";

const load = () => import("./RunsPage");
const begin = ({ entity = "", project = "" }: PageParams) =>
  void queryClient.prefetchQuery(columnsQuery({ entity, project }));

export const routes: PageRoute[] = [
  { path: "/:entity/:project", load, begin, tab: { label: "Runs", order: 1, shortcut: "r" } },
  { path: "/:entity/:project/runs", load, begin },
];
