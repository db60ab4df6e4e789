// Which rows of a table are shown, and in which order. Works on places, so that no row is copied.
import { formatValue, numberOf } from "@/shared/format";
import type { RunTable } from "./read";

export interface RowOrder {
  column: number;
  isDescending: boolean;
}

/** `+3`, `-0`; null for the order in which they were logged. */
export function orderOf(text: string): RowOrder | null {
  const found = /^([+-])(\d+)$/.exec(text);
  return found ? { column: Number(found[2]), isDescending: found[1] === "-" } : null;
}

/** Places of the rows that the filter lets through, in order. Throws where a condition names no column. */
export function arranged(table: RunTable, filter: string, order: RowOrder | null): number[] {
  const conditions = conditionsOf(filter, table.columns);
  const places: number[] = [];
  table.rows.forEach((row, place) => {
    if (conditions.every((holds) => holds(row))) places.push(place);
  });
  if (order === null || order.column >= table.columns.length) return places;
  const keys = table.rows.map((row) => sortKey(row[order.column]));
  const turn = order.isDescending ? -1 : 1;
  return places.sort((a, b) => compare(keys[a], keys[b], turn) || a - b);
}

type Holds = (row: unknown[]) => boolean;

const operators = ["!=", ">=", "<=", "=", ">", "<", "~"] as const;

/**
 * Words that a row must hold somewhere, and `COLUMN=VALUE`, `!=`, `<`, `<=`, `>`, `>=`, `~` (holds); all of them.
 * Quotes keep spaces together: `"my column">3 "two words"`.
 */
export function conditionsOf(filter: string, columns: string[]): Holds[] {
  return [...filter.matchAll(/(?:"[^"]*"?|[^\s"])+/g)].map(([term]) => conditionOf(term, columns));
}

function conditionOf(term: string, columns: string[]): Holds {
  const found = /^("[^"]*"|[^"=<>!~]+)(!=|>=|<=|=|>|<|~)(.*)$/s.exec(term);
  const operator = operators.find((one) => one === found?.[2]);
  if (!found || operator === undefined) {
    const word = bare(term).toLowerCase();
    return (row) => row.some((cell) => textOf(cell).toLowerCase().includes(word));
  }
  const name = bare(found[1] ?? "");
  const column = columns.indexOf(name);
  if (column < 0) throw new Error(`the table has no column "${name}"`);
  const wanted = bare(found[3] ?? "");
  return (row) => holds(row[column], operator, wanted);
}

function holds(cell: unknown, operator: (typeof operators)[number], wanted: string): boolean {
  if (operator === "~") return textOf(cell).toLowerCase().includes(wanted.toLowerCase());
  const [number, wantedNumber] = [numberOf(cell), wanted === "" ? NaN : Number(wanted)];
  const isEqual = textOf(cell) === wanted || (number !== null && number === wantedNumber);
  if (operator === "=") return isEqual;
  if (operator === "!=") return !isEqual;
  if (number === null || Number.isNaN(wantedNumber)) return false;
  if (operator === ">") return number > wantedNumber;
  if (operator === "<") return number < wantedNumber;
  return operator === ">=" ? number >= wantedNumber : number <= wantedNumber;
}

const bare = (text: string) => text.replace(/"/g, "");
/** As the cell is compared, not as it is shown: whole, and numbers to their last digit. */
const textOf = (cell: unknown): string => (typeof cell === "number" ? String(cell) : formatValue(cell));

type SortKey = number | string | null;

function sortKey(cell: unknown): SortKey {
  const number = numberOf(cell);
  if (number !== null) return Number.isNaN(number) ? null : number;
  return cell === null || cell === undefined ? null : textOf(cell);
}

/** Numbers, then texts; what is undefined stands last in either direction. */
function compare(a: SortKey | undefined, b: SortKey | undefined, turn: number): number {
  if (a == null || b == null) return a == null ? (b == null ? 0 : 1) : -1;
  if (typeof a === "number" && typeof b === "number") return (a - b) * turn;
  if (typeof a !== typeof b) return (typeof a === "number" ? -1 : 1) * turn;
  return (a < b ? -1 : a > b ? 1 : 0) * turn;
}
