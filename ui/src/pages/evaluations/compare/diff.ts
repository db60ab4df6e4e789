// What differs between two texts, word by word.

export interface DiffPart {
  text: string;
  /** Whether the other text lacks it. */
  isOwn: boolean;
}

/** Beyond this many words the middle is taken as differing whole: the table would grow with the square. */
const mostWords = 800;

/** Both texts cut into what they share and what is theirs alone. */
export function diffTexts(left: string, right: string): { left: DiffPart[]; right: DiffPart[] } {
  const [a, b] = [wordsOf(left), wordsOf(right)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const middleA = a.slice(start, a.length - end);
  const middleB = b.slice(start, b.length - end);
  const shared =
    middleA.length + middleB.length > mostWords
      ? { a: new Set<number>(), b: new Set<number>() }
      : commonPlaces(middleA, middleB);
  const head = a.slice(0, start).join("");
  const tail = end === 0 ? "" : a.slice(-end).join("");
  return {
    left: partsOf(head, middleA, shared.a, tail),
    right: partsOf(head, middleB, shared.b, tail),
  };
}

const wordsOf = (text: string) => text.match(/[\p{L}\p{N}_.]+|\s+|[^\p{L}\p{N}_.\s]/gu) ?? [];

/** Places of the longest common subsequence in both. */
function commonPlaces(a: string[], b: string[]): { a: Set<number>; b: Set<number> } {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const found = { a: new Set<number>(), b: new Set<number>() };
  for (let [i, j] = [0, 0]; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      found.a.add(i);
      found.b.add(j);
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return found;
}

function partsOf(head: string, middle: string[], shared: Set<number>, tail: string): DiffPart[] {
  const parts: DiffPart[] = [{ text: head, isOwn: false }];
  const add = (text: string, isOwn: boolean) => {
    const last = parts.at(-1);
    if (last && last.isOwn === isOwn) last.text += text;
    else parts.push({ text, isOwn });
  };
  middle.forEach((word, place) => add(word, !shared.has(place)));
  add(tail, false);
  return parts.filter((part) => part.text !== "");
}
