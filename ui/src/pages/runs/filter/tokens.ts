// The words of a filter: `config.lr < 0.01 and state = finished`.

export interface Token {
  kind: "word" | "text" | "number" | "operator" | "open" | "close" | "comma";
  text: string;
  /** Place of the first letter, and after the last. */
  from: number;
  to: number;
}

/** What is wrong, and at which letter. */
export class FilterError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

const patterns: [Token["kind"] | "space", RegExp][] = [
  ["space", /\s+/y],
  ["operator", /!=|<=|>=|=|<|>|~|:/y],
  ["open", /\(/y],
  ["close", /\)/y],
  ["comma", /,/y],
  ["number", /[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?(?![\w./-])/iy],
  ["text", /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y],
  ["word", /`[^`]+`|[^\s()=<>!~,:"'`]+/y],
];

export function tokensOf(filter: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < filter.length) {
    const [kind, match] = matchAt(filter, at);
    const to = at + match[0].length;
    if (kind !== "space") tokens.push({ kind, text: textOf(kind, match), from: at, to });
    at = to;
  }
  return tokens;
}

function matchAt(filter: string, at: number): [Token["kind"] | "space", RegExpExecArray] {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const match = pattern.exec(filter);
    if (match) return [kind, match];
  }
  const letter = filter[at] ?? "";
  const isQuote = ["'", '"', "`"].includes(letter);
  throw new FilterError(isQuote ? `this ${letter} is never closed` : `${letter} means nothing here`, at);
}

function textOf(kind: Token["kind"] | "space", match: RegExpExecArray): string {
  if (kind === "text") return (match[1] ?? match[2] ?? "").replace(/\\(.)/g, "$1");
  return kind === "word" ? match[0].replace(/^`|`$/g, "") : match[0];
}
