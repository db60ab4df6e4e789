// Pages declare their own addresses in `pages/*/route.ts`; this gathers them. Nothing else knows all pages.
import { lazy, Suspense, type ComponentType } from "react";
import { Link, Route, Switch } from "wouter";
import { EmptyState, LoadingState } from "@/shared/components";
import { ErrorBoundary } from "./ErrorBoundary";

/** The decoded parts of the address: `/:entity/:project/runs/:run` gives `entity`, `project`, `run`. */
export type PageParams = Record<string, string>;

export interface PageProps {
  params: PageParams;
}

export interface PageRoute {
  /** In wouter's form. */
  path: string;
  load: () => Promise<{ default: ComponentType<PageProps> }>;
  /** Asks the server for what the page shows first, while its code is still on the way. */
  begin?: (params: PageParams) => void;
  /** Given for pages that have a tab in every project: its place from the left and its key after `g`. */
  tab?: { label: string; order: number; shortcut: string };
}

const modules = import.meta.glob<{ routes: PageRoute[] }>("../pages/*/route.ts", { eager: true });

/** More fixed parts first, so that `/settings` wins against `/:entity`. Not `localeCompare`: its first call takes long. */
export const routes: PageRoute[] = Object.values(modules)
  .flatMap((module) => module.routes)
  .sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));

export const projectTabs = routes
  .flatMap((route) => (route.tab ? [{ ...route.tab, page: route.path.split("/")[3] ?? "" }] : []))
  .sort((a, b) => a.order - b.order);

function orderOf({ path }: PageRoute): string {
  return `${path.replace(/[^/]+/g, (part) => (part.startsWith(":") ? "1" : "0"))} ${path}`;
}

const pages = routes.map((route) => ({ ...route, Page: lazy(route.load) }));

/** Begins to load the page of an address and its data, before anything is rendered that would ask for it. */
export function preloadPage(path: string): void {
  for (const route of routes) {
    const found = patternOf(route.path).exec(path);
    if (!found) continue;
    void route.load();
    return route.begin?.(decodeParams(found.groups ?? {}));
  }
}

const patternOf = (path: string) => new RegExp(`^${path.replace(/:([^/]+)/g, "(?<$1>[^/]+)")}/?$`);

export function Routes() {
  return (
    <Suspense fallback={<LoadingState />}>
      <Switch>
        {pages.map(({ path, Page }) => (
          <Route key={path} path={path}>
            {(params: PageParams) => {
              const decoded = decodeParams(params);
              const place = Object.values(decoded).join("/");
              return (
                <ErrorBoundary key={`${path} ${place}`}>
                  <Page params={decoded} />
                </ErrorBoundary>
              );
            }}
          </Route>
        ))}
        <Route>
          <EmptyState isPage title="No such page">
            <p>The address may be cut off.</p>
            <Link href="/">All projects</Link>
          </EmptyState>
        </Route>
      </Switch>
    </Suspense>
  );
}

// Names hold no "%" (the server refuses them), so decoding what is decoded already changes nothing.
function decodeParams(params: PageParams): PageParams {
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, decode(value)]));
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
