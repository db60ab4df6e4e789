// A table with media: the run's own file names only their classes. The client keeps the whole, with the files, as an
// artifact `run-RUN-KEY` of type `run_table`; the logged value names it by an id of the client that no page can look
// up, so its versions are held against what was logged.
import { fetchArtifact, fetchRunArtifacts, type VersionRef } from "@/api/artifacts";
import { request } from "@/api/client";
import { placesOf, type RunFile } from "@/api/media";
import type { RunRef } from "@/api/types";
import { isKeptOf } from "./cells";
import { readTable, type RunTable } from "./read";

export interface KeptWanted {
  at: RunRef;
  key: string;
  /** As it was logged. */
  value: unknown;
  /** Which of the steps that logged the key, of how many. */
  place: number;
  steps: number;
}

/** The table with its media; null where none of the run's artifacts holds it. */
export async function keptTable(
  { at, key, value, place, steps }: KeptWanted,
  table: RunTable,
  signal: AbortSignal,
): Promise<RunTable | null> {
  const { logged } = await fetchRunArtifacts(at, signal);
  const known = new Map(
    logged
      .filter(({ artifact }) => artifact.type === "run_table" && namesKept(artifact.name, at.run, key))
      .map(({ artifact }) => [artifact.version, artifact]),
  );
  const entry = entryOf(value) ?? `${key}.table.json`;
  for (const version of versionsToTry([...known.keys()], place, steps)) {
    const artifact = known.get(version);
    const found = artifact && (await tableIn({ ...artifact, version }, entry, signal));
    if (found && isKeptOf(found, table)) return found;
  }
  return null;
}

/** Letters that no artifact's name may have are left out, and a sum of six is added then. */
export function namesKept(name: string, run: string, key: string): boolean {
  const whole = `run-${run}-${key}`;
  const plain = whole.replace(/[^a-zA-Z0-9_\-.]/g, "");
  if (plain === whole) return name === plain;
  return name.startsWith(`${plain}-`) && name.length === plain.length + 7;
}

const mostVersions = 20;

/** Each logged table is a version, unless the same one was there before. */
export function versionsToTry(versions: string[], place: number, steps: number): string[] {
  const byNumber = [...versions].sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)));
  const guess = byNumber.length === steps ? byNumber[place] : undefined;
  const others = byNumber.reverse().filter((version) => version !== guess);
  return (guess === undefined ? others : [guess, ...others]).slice(0, mostVersions);
}

/** `…://ID/FILE`. */
function entryOf(value: unknown): string | null {
  const path = (value as { artifact_path?: unknown } | null)?.artifact_path;
  return (typeof path === "string" && /^[a-z-]+:\/\/[^/]+\/(.+)$/.exec(path)?.[1]) || null;
}

async function tableIn(at: VersionRef, entry: string, signal: AbortSignal): Promise<RunTable | null> {
  const { files } = await fetchArtifact(at, signal);
  const byPath = new Map<string, RunFile>(
    files.flatMap(({ path, url, size_bytes }) =>
      url ? [[path, { size_bytes: size_bytes ?? 0, updated_unix_ms: 0, ...placesOf(url) }] as const] : [],
    ),
  );
  const address = byPath.get(entry)?.address;
  if (address === null || address === undefined) return null;
  return { ...readTable(await (await request(address, { signal })).text()), files: byPath };
}
