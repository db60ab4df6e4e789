// Where an address is, for the breadcrumb and the live events.

export interface Place {
  entity: string | null;
  project: string | null;
  /** What follows the project: "" for the project itself, "runs", "sweeps", … */
  page: string;
}

const reserved = new Set(["settings", "authorize"]);

/** `path` is below the prefix and starts with a slash. */
export function placeOf(path: string): Place {
  const [entity = null, project = null, page = ""] = path.split("/").filter(Boolean).map(decode);
  if (entity !== null && reserved.has(entity)) return { entity: null, project: null, page: entity };
  return { entity, project, page };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
