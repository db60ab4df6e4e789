declare module "*/api.mjs" {
  export function ask(method: string, path: string, body: unknown): Promise<unknown>;
  export function entity(): Promise<string>;
  export function runOf(
    entity: string,
    project: string,
    id: string,
  ): {
    path: string;
    begin(about: object): Promise<unknown>;
    history(rows: object[]): Promise<void>;
    summary(values: object): Promise<unknown>;
    finish(exitcode?: number): Promise<unknown>;
  };
}
declare module "*/live.mjs" {
  export function beginLive(id?: string): Promise<{
    id: string;
    run: { path: string; finish(exitcode?: number): Promise<unknown> };
    grow(): Promise<Record<string, unknown>>;
  }>;
}
