/** Names without what all of them begin and end with, part by part: `dataset/gsm8k/accuracy` is `gsm8k` among its like. */
export function shortNames(names: readonly string[]): string[] {
  if (names.length < 2) return [...names];
  const parts = names.map((name) => name.split("/"));
  const shortest = Math.min(...parts.map((one) => one.length));
  let before = 0;
  while (before < shortest - 1 && parts.every((one) => one[before] === parts[0]?.[before])) before += 1;
  let after = 0;
  while (
    after < shortest - before - 1 &&
    parts.every((one) => one.at(-1 - after) === parts[0]?.at(-1 - after))
  )
    after += 1;
  return parts.map((one) => one.slice(before, one.length - after).join("/"));
}
