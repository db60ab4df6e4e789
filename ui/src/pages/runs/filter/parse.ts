// A filter as people type it into the filter that the wandb client and our API take, as JSON.
import { FilterError, tokensOf, type Token } from "./tokens";

export type FilterJson = { [name: string]: unknown };

/** Fields of a run by the names that people use. */
export const runFields: Record<string, string> = {
  name: "display_name",
  id: "name",
  state: "state",
  user: "username",
  tag: "tags",
  tags: "tags",
  group: "group",
  job_type: "job_type",
  sweep: "sweep",
  notes: "notes",
  host: "host",
  program: "program",
  commit: "commit",
  created: "created_at",
  heartbeat: "heartbeat_at",
  duration: "duration",
};

/** Null for an empty filter, which lets all runs through. Throws `FilterError`. */
export function parseFilter(filter: string): FilterJson | null {
  const tokens = tokensOf(filter);
  if (tokens.length === 0) return null;
  const reader = new Reader(tokens, filter.length);
  const json = disjunction(reader);
  const rest = reader.peek();
  if (rest)
    throw new FilterError(`"${rest.text}" is one too much; join conditions with "and" or "or"`, rest.from);
  return json;
}

class Reader {
  private at = 0;

  constructor(
    private readonly tokens: Token[],
    readonly end: number,
  ) {}

  peek(): Token | undefined {
    return this.tokens[this.at];
  }

  next(wanted: string): Token {
    const token = this.tokens[this.at];
    if (!token) throw new FilterError(`${wanted} is missing at the end`, this.end);
    this.at += 1;
    return token;
  }

  takeWord(word: string): boolean {
    const token = this.peek();
    if (token?.kind !== "word" || token.text.toLowerCase() !== word) return false;
    this.at += 1;
    return true;
  }

  take(kind: Token["kind"]): boolean {
    if (this.peek()?.kind !== kind) return false;
    this.at += 1;
    return true;
  }
}

function disjunction(reader: Reader): FilterJson {
  const parts = [conjunction(reader)];
  while (reader.takeWord("or")) parts.push(conjunction(reader));
  return parts.length === 1 && parts[0] ? parts[0] : { $or: parts };
}

function conjunction(reader: Reader): FilterJson {
  const parts = [condition(reader)];
  while (reader.takeWord("and")) parts.push(condition(reader));
  return parts.length === 1 && parts[0] ? parts[0] : { $and: parts };
}

function condition(reader: Reader): FilterJson {
  if (reader.takeWord("not")) return { $nor: [condition(reader)] };
  if (reader.take("open")) {
    const inner = disjunction(reader);
    const close = reader.next('")"');
    if (close.kind !== "close") throw new FilterError(`")" is missing before "${close.text}"`, close.from);
    return inner;
  }
  return comparison(reader);
}

function comparison(reader: Reader): FilterJson {
  const key = reader.next("a field");
  if (!["word", "text", "number"].includes(key.kind)) {
    throw new FilterError(`a field is missing before "${key.text}"`, key.from);
  }
  if (reader.takeWord("in")) return { [fieldOf(key)]: { $in: listOf(reader) } };
  if (reader.takeWord("exists")) return { [fieldOf(key)]: { $exists: true } };
  if (reader.takeWord("contains")) return matches(fieldOf(key), escaped(valueText(reader)));
  const operator = reader.peek();
  // A word alone looks for it in the names.
  if (operator?.kind !== "operator") return matches("display_name", escaped(key.text));
  reader.next("an operator");
  if (operator.text === "~") return matches(fieldOf(key), valueText(reader));
  if (operator.text === ":") return matches(fieldOf(key), escaped(valueText(reader)));
  const value = valueOf(reader.next("a value"));
  return { [fieldOf(key)]: operator.text === "=" ? value : { [operators[operator.text] ?? "$eq"]: value } };
}

const operators: Record<string, string> = { "!=": "$ne", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte" };

const matches = (field: string, pattern: string): FilterJson => ({
  [field]: { $regex: pattern, $options: "i" },
});
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const valueText = (reader: Reader) => reader.next("a text").text;

/** `summary.` is short for the server's `summary_metrics.`; a name with a slash is a metric. */
export function fieldOf(token: Pick<Token, "text" | "from">): string {
  const { text } = token;
  if (text.startsWith("config.") || text.startsWith("summary_metrics.")) return text;
  if (text.startsWith("summary.")) return `summary_metrics.${text.slice("summary.".length)}`;
  const known = runFields[text.toLowerCase()];
  if (known !== undefined) return known;
  if (text.includes("/")) return `summary_metrics.${text}`;
  throw new FilterError(`runs have no "${text}"; values are config.NAME, results summary.NAME`, token.from);
}

function listOf(reader: Reader): unknown[] {
  const open = reader.next('"("');
  if (open.kind !== "open") throw new FilterError(`"(" is missing before "${open.text}"`, open.from);
  const values: unknown[] = [];
  for (;;) {
    values.push(valueOf(reader.next("a value")));
    const after = reader.next('")"');
    if (after.kind === "close") return values;
    if (after.kind !== "comma") throw new FilterError(`"," is missing before "${after.text}"`, after.from);
  }
}

function valueOf(token: Token): unknown {
  if (token.kind === "number") return Number(token.text);
  if (token.kind === "text") return token.text;
  if (token.kind !== "word") throw new FilterError(`a value is missing before "${token.text}"`, token.from);
  const constants: Record<string, unknown> = { true: true, false: false, null: null };
  return token.text in constants ? constants[token.text] : token.text;
}
