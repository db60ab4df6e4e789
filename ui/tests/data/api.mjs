// Makes runs over the server's own API: what a person's training would have left behind.

export const server = process.env.GRADUS_UI_URL ?? "http://127.0.0.1:8080";
const key = process.env.GRADUS_API_KEY;

/** Answers the server's JSON; a refusal is an error with the server's text. */
export async function ask(method, path, body) {
  const answer = await fetch(`${server}/api/v1/${path}`, {
    method,
    headers: {
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : JSON.parse(text);
}

export async function entity() {
  return (await ask("GET", "viewer")).default_entity;
}

/** A run of `project`: `begin` it, send `rows` of any stream, `finish` it. */
export function runOf(entityName, project, id) {
  const path = `projects/${encodeURIComponent(entityName)}/${encodeURIComponent(project)}/runs/${encodeURIComponent(id)}`;
  const offsets = {};
  const send = async (file, lines) => {
    const offset = offsets[file] ?? 0;
    await ask("POST", `${path}/lines`, { files: { [file]: { offset, content: lines } } });
    offsets[file] = offset + lines.length;
  };
  return {
    path,
    begin: (about) => ask("POST", path, about),
    history: (rows) => send("wandb-history.jsonl", rows.map(toLine)),
    system: (rows) => send("wandb-events.jsonl", rows.map(toLine)),
    console: (lines) => send("output.log", lines),
    summary: (values) =>
      ask("POST", `${path}/lines`, {
        files: { "wandb-summary.json": { offset: 0, content: [toLine(values)] } },
      }),
    finish: (exitcode = 0) => ask("POST", `${path}/lines`, { complete: true, exitcode }),
  };
}

/** Stores `content` (bytes or text) as the file `name` of a run. */
export async function putFile(run, name, content) {
  const path = name.split("/").map(encodeURIComponent).join("/");
  const answer = await fetch(`${server}/api/v1/${run.path}/files/${path}`, {
    method: "PUT",
    headers: {
      ...(key ? { Authorization: `Bearer ${key}` } : {}),
      "Content-Type": "application/octet-stream",
    },
    body: content,
  });
  if (!answer.ok) throw new Error(`PUT ${name}: ${answer.status} ${await answer.text()}`);
}

// The client writes NaN and infinities bare, which JSON.stringify cannot.
function toLine(row) {
  return JSON.stringify(row, (_key, value) =>
    typeof value === "number" && !Number.isFinite(value) ? `\u0000${value}` : value,
  ).replace(/"\\u0000(NaN|-?Infinity)"/g, "$1");
}

/** Seeded numbers in [0, 1): the same data on every machine (mulberry32). */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Does `work` for each of `items`, `width` at a time. */
export async function each(items, width, work) {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}
