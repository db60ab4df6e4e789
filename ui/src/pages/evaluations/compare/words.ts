// Verdicts in words, as the terminal says them.
import type { Comparison, Verdict } from "@/api/evaluations";
import { formatNumber, nothing } from "@/shared/format";
import type { Tone } from "@/shared/components";

export const verdictTones: Record<Verdict, Tone> = {
  better: "good",
  worse: "bad",
  equivalent: "plain",
  inconclusive: "warn",
  refused: "bad",
};

export const markTones = {
  better: "good",
  worse: "bad",
  equivalent: "accent",
  inconclusive: "muted",
  refused: "muted",
} as const;

export function verdictSentence(comparison: Comparison): string {
  const { verdict, margin } = comparison;
  const beyond = margin > 0 ? ` by more than the margin of ${formatNumber(margin)}` : "";
  switch (verdict) {
    case "better":
      return `The candidate is better${beyond}.`;
    case "worse":
      return `The candidate is worse${beyond}.`;
    case "equivalent":
      return `No difference that matters: the interval lies within ±${formatNumber(margin)}.`;
    case "inconclusive":
      return "Too little is known: these rows can decide neither way.";
    case "refused":
      return "These two must not be compared.";
  }
}

export function methodName(method: string): string {
  const names: Record<string, string> = {
    bca_bootstrap: "paired BCa bootstrap",
    paired_t: "paired t",
    mc_nemar: "McNemar",
  };
  return names[method] ?? method;
}

/** With its sign. */
export const signed = (value: number) => `${value > 0 ? "+" : ""}${formatNumber(value)}`;

export function pText(p: number | null | undefined): string {
  if (p === null || p === undefined) return nothing;
  return p < 0.0001 ? "< 0.0001" : formatNumber(p, 2);
}
