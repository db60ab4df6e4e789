// One stream of live events for the page. Events say what to fetch, not what it is: they are gathered by run
// and handed on once an animation frame, so that a thousand lines a second cost one refetch.
import { request, ApiError } from "./client";
import { setKeyWanted } from "./key";
import { eventParser, type ServerEvent } from "./sse";

/** Something of a run changed. `lines` has the stream and where it now ends. */
export interface LiveEvent {
  kind: "lines" | "run" | "run_deleted";
  entity: string;
  project: string;
  run: string;
  stream: string | null;
  end: number | null;
}

/** What came since the last frame; `isComplete` false: events were lost, fetch anew what is shown. */
export interface LiveBatch {
  events: LiveEvent[];
  isComplete: boolean;
}

export interface Connection {
  state: "connecting" | "open" | "away";
  /** Since when the server is away. */
  sinceUnixMs: number | null;
}

const silentMs = 40_000;
const batchListeners = new Set<(batch: LiveBatch) => void>();
const connectionListeners = new Set<() => void>();
const waiting = new Map<string, LiveEvent>();
let isComplete = true;
let isFrameWanted = false;
let connection: Connection = { state: "connecting", sinceUnixMs: null };

export function onLive(listener: (batch: LiveBatch) => void): () => void {
  batchListeners.add(listener);
  return () => batchListeners.delete(listener);
}

export const connectionStore = {
  subscribe(listener: () => void): () => void {
    connectionListeners.add(listener);
    return () => connectionListeners.delete(listener);
  },
  get: () => connection,
};

/** Keeps a stream open until the answer is called; `scope` is "ENTITY/PROJECT" or null for all. */
export function connectLive(scope: string | null): () => void {
  const ended = new AbortController();
  void keepConnected(scope, ended.signal);
  return () => ended.abort();
}

async function keepConnected(scope: string | null, ended: AbortSignal): Promise<void> {
  let failures = 0;
  while (!ended.aborted) {
    const hadBeenAway = connection.state === "away";
    try {
      await readStream(scope, ended, () => {
        failures = 0;
        if (hadBeenAway) noticeLoss();
        setConnection({ state: "open", sinceUnixMs: null });
      });
    } catch (error) {
      if (ended.aborted) return;
      if (error instanceof ApiError && error.status === 401) setKeyWanted(true);
      if (connection.state !== "away") setConnection({ state: "away", sinceUnixMs: Date.now() });
      failures += 1;
    }
    if (ended.aborted) return;
    await pause(Math.min(250 * 2 ** failures, 5000), ended);
    noticeLoss();
  }
}

async function readStream(scope: string | null, ended: AbortSignal, opened: () => void): Promise<void> {
  const silence = new AbortController();
  const address = scope === null ? "/api/v1/events" : `/api/v1/events?project=${encodeURIComponent(scope)}`;
  const answer = await request(address, {
    signal: AbortSignal.any([ended, silence.signal]),
    headers: { Accept: "text/event-stream" },
  });
  if (answer.body === null) throw new ApiError(0, "The server sent no stream.");
  opened();
  const push = eventParser(take);
  const decoder = new TextDecoder();
  const reader = answer.body.getReader();
  let timer = setTimeout(() => silence.abort(), silentMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), silentMs);
      push(decoder.decode(value, { stream: true }));
    }
  } finally {
    clearTimeout(timer);
  }
}

function take(event: ServerEvent): void {
  if (event.name === "lagged") return noticeLoss();
  if (event.name !== "lines" && event.name !== "run" && event.name !== "run_deleted") return;
  const data = JSON.parse(event.data) as Partial<LiveEvent>;
  const { entity, project, run } = data;
  if (entity === undefined || project === undefined || run === undefined) return;
  const stream = data.stream ?? null;
  const key = [event.name, entity, project, run, stream ?? ""].join("/");
  waiting.set(key, { kind: event.name, entity, project, run, stream, end: data.end ?? null });
  wantFrame();
}

function noticeLoss(): void {
  isComplete = false;
  wantFrame();
}

function wantFrame(): void {
  if (isFrameWanted) return;
  isFrameWanted = true;
  requestAnimationFrame(() => {
    isFrameWanted = false;
    const batch: LiveBatch = { events: [...waiting.values()], isComplete };
    waiting.clear();
    isComplete = true;
    for (const listener of batchListeners) listener(batch);
  });
}

function setConnection(next: Connection): void {
  connection = next;
  for (const listener of connectionListeners) listener();
}

function pause(durationMs: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      for (const [target, name] of wakers) target.removeEventListener(name, finish);
      resolve();
    };
    const wakers: [EventTarget, string][] = [
      [ended, "abort"],
      [window, "online"],
    ];
    for (const [target, name] of wakers) target.addEventListener(name, finish);
    const timer = setTimeout(finish, durationMs);
  });
}
