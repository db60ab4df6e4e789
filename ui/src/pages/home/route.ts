import type { PageRoute } from "@/app/routes";

const load = () => import("./HomePage");

export const routes: PageRoute[] = [
  { path: "/", load },
  { path: "/:entity", load },
];
