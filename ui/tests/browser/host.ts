// Serves dist/ as the gradus server does, below a path prefix and under its content security policy, and hands
// /api and /storage on to the server under test. So every test also shows that prefix and policy hold.
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { readFile } from "node:fs/promises";
import { Transform } from "node:stream";
import { extname } from "node:path";
import type { AddressInfo } from "node:net";

export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; " +
  "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; " +
  "base-uri 'self'; form-action 'none'; frame-ancestors 'none'";

const dist = new URL("../../dist/", import.meta.url);
const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

export interface Host {
  /** Address of the app, without a slash at its end. */
  url: string;
  /** While true, /api is not answered: the server has gone away. */
  setAway(isAway: boolean): void;
  /** While true, what the server says on streams of live events does not reach the page. */
  setMuted(isMuted: boolean): void;
  /** Says something on every open stream of live events: what a server says that a page is too slow for. */
  sayLive(event: string): void;
  close(): Promise<void>;
}

export async function serveApp(backend: string, prefix = "/some/prefix"): Promise<Host> {
  let isAway = false;
  let isMuted = false;
  const streams = new Set<ServerResponse>();
  const open = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const address = request.url ?? "/";
    if (!address.startsWith(prefix)) return void response.writeHead(404).end();
    const below = address.slice(prefix.length);
    if (!below.startsWith("/api/") && !below.startsWith("/storage/"))
      return void answerFile(below, prefix, response);
    if (isAway) return void request.socket.destroy();
    open.add(response);
    response.on("close", () => open.delete(response));
    const isLive = below.startsWith("/api/v1/events");
    if (isLive) streams.add(response);
    response.on("close", () => streams.delete(response));
    handOn(request, response, backend + below, () => isLive && isMuted);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    setAway(next) {
      isAway = next;
      if (next) for (const response of open) response.socket?.destroy();
    },
    setMuted(next) {
      isMuted = next;
    },
    sayLive(event) {
      for (const response of streams) response.write(event);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

async function answerFile(path: string, prefix: string, response: ServerResponse): Promise<void> {
  const name = decodeURIComponent(path.split("?")[0] ?? "").slice(1);
  const content = await readFile(new URL(name === "" ? "index.html" : name, dist)).catch(() => null);
  response.setHeader("Content-Security-Policy", policy);
  if (content !== null && name !== "") {
    response
      .writeHead(200, { "Content-Type": types[extname(name)] ?? "application/octet-stream" })
      .end(content);
    return;
  }
  const page = (await readFile(new URL("index.html", dist), "utf8")).replace(
    '<base href="/"',
    `<base href="${prefix}/"`,
  );
  response.writeHead(200, { "Content-Type": types[".html"] }).end(page);
}

function handOn(
  request: IncomingMessage,
  response: ServerResponse,
  address: string,
  isHeldBack: () => boolean,
): void {
  const headers = { ...request.headers };
  // The page's own origin is this host; the server would take it for a foreign one.
  delete headers.origin;
  delete headers.host;
  delete headers["sec-fetch-site"];
  const onward = httpRequest(address, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    const kept = new Transform({
      transform: (chunk, _encoding, done) => done(null, isHeldBack() ? undefined : chunk),
    });
    answer.pipe(kept).pipe(response);
  });
  onward.on("error", () => response.destroy());
  response.on("close", () => onward.destroy());
  request.pipe(onward);
}
