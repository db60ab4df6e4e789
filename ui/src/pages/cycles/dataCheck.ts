// What the check of a cycle's rows found, read out of the free JSON that the server hands on.

export interface DataFinding {
  check: string;
  level: string;
  says: string;
  mend: string;
  examples: string[];
}

export interface DataCheck {
  verdict: string;
  /** Role → rows. */
  rows: [string, number][];
  /** The worst first. */
  findings: DataFinding[];
}

const ranks = ["fail", "warn"];

/** Null where it is no check as this page knows it. */
export function readDataCheck(value: unknown): DataCheck | null {
  if (!isObject(value) || !Array.isArray(value["findings"])) return null;
  const findings = value["findings"].filter(isObject).map((one) => ({
    check: textOf(one["check"]),
    level: textOf(one["level"]),
    says: textOf(one["says"]),
    mend: textOf(one["mend"]),
    examples: Array.isArray(one["examples"]) ? one["examples"].map(textOf) : [],
  }));
  const rank = (level: string) => (ranks.indexOf(level) + ranks.length + 1) % (ranks.length + 1);
  return {
    verdict: textOf(value["verdict"]),
    rows: numbersOf(value["rows"]),
    findings: findings.sort((a, b) => rank(a.level) - rank(b.level)),
  };
}

export interface RowsBuilt {
  before: number;
  repeated: number;
  recombined: number;
  /** Why rows were left out → how many. */
  dropped: [string, number][];
}

export function readRowsBuilt(value: unknown): RowsBuilt | null {
  if (!isObject(value) || typeof value["n_train"] !== "number") return null;
  const count = (key: string) => (typeof value[key] === "number" ? value[key] : 0);
  return {
    before: value["n_train"],
    repeated: count("n_repeated"),
    recombined: count("n_recombined"),
    dropped: numbersOf(value["dropped"]),
  };
}

function numbersOf(value: unknown): [string, number][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textOf = (value: unknown) =>
  typeof value === "string" ? value : value === null || value === undefined ? "" : JSON.stringify(value);
