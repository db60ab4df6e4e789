// What may follow at the cursor: fields of this project, operators, words that join.
import type { ColumnList } from "@/api/types";
import { runFields } from "./parse";
import { FilterError, tokensOf, type Token } from "./tokens";

export interface Completion {
  text: string;
  /** What is replaced. */
  from: number;
  to: number;
  hint: string;
}

const shownAtMost = 12;
const states = ["running", "finished", "failed", "crashed", "killed"];

export function completionsOf(filter: string, cursor: number, columns: ColumnList): Completion[] {
  const before = tokensBefore(filter, cursor);
  const current = before.at(-1);
  const isInside = current?.kind === "word" && current.to === cursor;
  const from = isInside ? current.from : cursor;
  const typed = filter.slice(from, cursor).replace(/^`/, "").toLowerCase();
  const wanted = candidates(isInside ? before.slice(0, -1) : before, columns);
  return wanted
    .filter((one) => one.text.toLowerCase().includes(typed) && one.text !== filter.slice(from, cursor))
    .sort((a, b) => rank(a.text, typed) - rank(b.text, typed))
    .slice(0, shownAtMost)
    .map((one) => ({ ...one, text: quoted(one.text), from, to: cursor }));
}

function tokensBefore(filter: string, cursor: number): Token[] {
  try {
    return tokensOf(filter.slice(0, cursor));
  } catch (error) {
    if (error instanceof FilterError) return [];
    throw error;
  }
}

function candidates(before: Token[], columns: ColumnList): { text: string; hint: string }[] {
  const last = before.at(-1);
  const isJoin = last?.kind === "word" && ["and", "or", "not"].includes(last.text.toLowerCase());
  if (last === undefined || isJoin || last.kind === "open") return fieldsOf(columns);
  if (last.kind === "operator") {
    return before.at(-2)?.text === "state" ? states.map((text) => ({ text, hint: "state" })) : [];
  }
  const previous = before.at(-2);
  const isField = last.kind === "word" && previous?.kind !== "operator";
  return isField
    ? ["=", "!=", "<", ">", "<=", ">=", "~", "in", "contains", "exists"].map((text) => ({
        text,
        hint: hints[text] ?? "",
      }))
    : ["and", "or"].map((text) => ({ text, hint: "" }));
}

const hints: Record<string, string> = { "~": "matches", in: "(a, b)", contains: "text" };

function fieldsOf(columns: ColumnList): { text: string; hint: string }[] {
  return [
    ...Object.keys(runFields).map((text) => ({ text, hint: "run" })),
    ...columns.config.map((column) => ({ text: `config.${column.name}`, hint: `${column.runs} runs` })),
    ...columns.summary.map((column) => ({ text: `summary.${column.name}`, hint: `${column.runs} runs` })),
  ];
}

const rank = (text: string, typed: string) => (text.toLowerCase().startsWith(typed) ? 0 : 1);
const quoted = (text: string) => (/[\s(),:"'=<>!~]/.test(text) && /[\w]/.test(text) ? `\`${text}\`` : text);
