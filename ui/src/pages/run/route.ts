import type { PageRoute } from "@/app/routes";

export const routes: PageRoute[] = [{ path: "/:entity/:project/runs/:run", load: () => import("./RunPage") }];
