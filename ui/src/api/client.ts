// One way to the server: below the page's own path prefix, with the key, errors in the server's words.
import type { paths } from "./schema";
import { storedKey } from "./key";

/** Path before every address of the app: "" or "/some/prefix". */
export const prefix = prefixOf(typeof document === "undefined" ? "http://localhost/" : document.baseURI);

export function prefixOf(baseUri: string): string {
  return new URL(".", baseUri).pathname.replace(/\/$/, "");
}

/** A refusal: `message` is the server's own text, which says what to do. `status` 0: nobody answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly retryAfterSecs: number | null = null,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

type Method = "get" | "post" | "put" | "patch" | "delete";
type PathsWith<M extends Method> = {
  [P in keyof paths]: paths[P][M] extends object ? P : never;
}[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P][M];
type Parameters<O> = O extends { parameters: infer A } ? A : never;
type QueryOf<O> = Parameters<O> extends { query?: infer Q } ? Q : never;
type BodyOf<O> = O extends { requestBody: { content: infer C } } ? C[keyof C] : undefined;
type AnswerOf<O> = O extends { responses: { 200: { content: { "application/json": infer A } } } }
  ? A
  : unknown;

export interface CallOptions<O> {
  path?: Record<string, string>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Asks one operation of docs/openapi.json and gives its answer, typed by it. */
export async function call<M extends Method, P extends PathsWith<M>>(
  method: M,
  template: P,
  options: CallOptions<Operation<P, M>> = {},
): Promise<AnswerOf<Operation<P, M>>> {
  const address = addressOf(template, options.path ?? {}, options.query ?? {});
  const body: unknown = options.body;
  const answer = await request(address, {
    method: method.toUpperCase(),
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(options.signal ? { signal: options.signal } : {}),
    headers: {
      ...(typeof body === "object" ? { "Content-Type": "application/json" } : {}),
      ...options.headers,
    },
  });
  return (await answer.json()) as AnswerOf<Operation<P, M>>;
}

/** A request with the key; `address` starts with a slash and knows no prefix. Throws `ApiError`. */
export async function request(address: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const key = storedKey();
  if (key !== null) headers.set("Authorization", `Bearer ${key}`);
  let answer: Response;
  try {
    answer = await fetch(prefix + address, { ...init, headers });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The server does not answer. Is `gradus up` still running?");
  }
  if (!answer.ok) throw await refusalOf(answer);
  return answer;
}

async function refusalOf(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  const retryAfter = Number(answer.headers.get("Retry-After"));
  return new ApiError(
    answer.status,
    messageOf(text) ?? `The server answered ${answer.status}.`,
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  );
}

function messageOf(text: string): string | null {
  try {
    const parsed = JSON.parse(text) as { error?: unknown };
    return typeof parsed.error === "string" ? parsed.error : null;
  } catch {
    return null;
  }
}

export function addressOf(
  template: string,
  path: Record<string, string>,
  query: Record<string, unknown>,
): string {
  const filled = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] ?? ""));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    search.set(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  const text = search.toString();
  return text === "" ? filled : `${filled}?${text}`;
}
