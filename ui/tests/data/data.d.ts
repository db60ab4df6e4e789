declare module "*/api.mjs" {
  export function ask(method: string, path: string, body: unknown): Promise<unknown>;
  export function entity(): Promise<string>;
}
declare module "*/live.mjs" {
  export function beginLive(id?: string): Promise<{
    id: string;
    run: { path: string; finish(exitcode?: number): Promise<unknown> };
    grow(): Promise<Record<string, unknown>>;
  }>;
}
