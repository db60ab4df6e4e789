// A table as the wandb client writes it: `{"columns": […], "data": [[…], …]}`, with bare NaN and infinities.
import type { RunFile } from "@/api/media";

export interface RunTable {
  columns: string[];
  rows: unknown[][];
  /** Files that its cells name, where they don't lie with the run. */
  files?: ReadonlyMap<string, RunFile>;
  /** What the client says of the columns: names of classes of boxes and masks among it. */
  columnTypes?: unknown;
}

export function readTable(text: string): RunTable {
  const parsed = parse(text) as { columns?: unknown; data?: unknown; column_types?: unknown } | null;
  if (parsed === null || typeof parsed !== "object" || !Array.isArray(parsed.data))
    throw new Error("The file holds no table: it has no list `data`.");
  const rows = (parsed.data as unknown[]).map((row) => (Array.isArray(row) ? (row as unknown[]) : [row]));
  const named = Array.isArray(parsed.columns) ? (parsed.columns as unknown[]) : [];
  const width = rows.reduce((most, row) => Math.max(most, row.length), named.length);
  const columns = Array.from({ length: width }, (_, at) => nameOf(named[at], at));
  return { columns, rows, columnTypes: parsed.column_types };
}

/** Tables that grow are logged in pieces; all of them have the columns of the first. */
export function joinTables(tables: RunTable[]): RunTable {
  const files = tables.flatMap((table) => [...(table.files ?? [])]);
  return {
    columns: tables[0]?.columns ?? [],
    rows: tables.flatMap((table) => table.rows),
    ...(files.length > 0 ? { files: new Map(files) } : {}),
    columnTypes: tables[0]?.columnTypes,
  };
}

function nameOf(name: unknown, at: number): string {
  if (name === undefined || name === null || name === "") return `column ${at + 1}`;
  return typeof name === "string" ? name : JSON.stringify(name);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return JSON.parse(quoteBareNumbers(text)) as unknown;
  }
}

/** NaN, Infinity and -Infinity outside of texts become texts, as the server's own answers have them. */
export function quoteBareNumbers(text: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      at = endOfText(text, at);
      continue;
    }
    if (code !== letterN && code !== letterI && code !== minus) continue;
    const word = bareNumbers.find((one) => text.startsWith(one, at));
    if (word === undefined) continue;
    pieces.push(text.slice(from, at), `"${word}"`);
    from = at + word.length;
    at = from - 1;
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}

const [quote, backslash, letterN, letterI, minus] = [34, 92, 78, 73, 45];
const bareNumbers = ["NaN", "Infinity", "-Infinity"];

function endOfText(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at += 1;
    else if (code === quote) return at;
  }
  return text.length;
}
