declare module "*/api.mjs" {
  export function ask(method: string, path: string, body?: unknown): Promise<unknown>;
  export interface MadeRun {
    path: string;
    begin(about: Record<string, unknown>): Promise<unknown>;
    history(rows: Record<string, unknown>[]): Promise<void>;
    summary(values: Record<string, unknown>): Promise<unknown>;
    finish(exitcode?: number): Promise<unknown>;
  }
  export function runOf(entity: string, project: string, id: string): MadeRun;
  export function putFile(run: MadeRun, name: string, content: Uint8Array | string): Promise<void>;
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
declare module "*/task.mjs" {
  export function fillTask(folder?: string): Promise<string>;
  export function gradus(dir: string, ...words: string[]): Promise<unknown>;
  export function readJson(...path: string[]): Promise<unknown>;
}
