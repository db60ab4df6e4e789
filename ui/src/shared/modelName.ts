// Model references as people say them: what a path ends with, instead of where it lies on some machine.

/** "/w/task/model+/w/task/cycles/0002/training" is "model+cycles/0002/training"; names and URLs stay. */
export function shortModel(model: string): string {
  return model
    .split("+")
    .map((part, place) => (isPath(part) ? endOf(part, place === 0) : part))
    .join("+");
}

const isPath = (part: string) => part.startsWith("/") || /^[A-Za-z]:[\\/]/.test(part);

function endOf(path: string, isBase: boolean): string {
  const parts = path.split(/[\\/]/).filter(Boolean);
  const cycles = parts.lastIndexOf("cycles");
  const from = cycles >= 0 && cycles < parts.length - 1 ? cycles : parts.length - (isBase ? 1 : 2);
  return parts.slice(Math.max(0, from)).join("/") || path;
}
