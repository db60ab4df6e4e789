// The query of the address is the view: what a person chose is shared by sharing the address, and the back
// button undoes it. A codec says how one choice is written; what equals its default is left out.
import { useCallback, useMemo } from "react";
import { useLocation } from "wouter";
// As it is written: the other `useSearch` decodes it once, and a text that holds "%2e" would be another one.
import { useSearch } from "wouter/use-browser-location";
import { useLatest } from "./useLatest";

/** How one choice stands in the query. `decode` gets all values of its name and answers the default for nonsense. */
export interface Codec<T> {
  decode(values: string[]): T;
  encode(value: T): string[];
}

export type Codecs = Record<string, Codec<never>>;
export type View<C> = { [Name in keyof C]: C[Name] extends Codec<infer T> ? T : never };

export const text = (initial = ""): Codec<string> => ({
  decode: (values) => values[0] ?? initial,
  encode: (value) => (value === initial ? [] : [value]),
});

export const optionalText: Codec<string | null> = {
  decode: (values) => values[0] ?? null,
  encode: (value) => (value === null ? [] : [value]),
};

export function number(initial: number, min = -Infinity, max = Infinity): Codec<number> {
  return {
    decode: ([value]) => {
      const parsed = value === undefined || value === "" ? NaN : Number(value);
      return Number.isFinite(parsed) ? Math.min(max, Math.max(min, parsed)) : initial;
    },
    encode: (value) => (value === initial ? [] : [String(value)]),
  };
}

export const optionalNumber: Codec<number | null> = {
  decode: ([value]) => {
    const parsed = value === undefined || value === "" ? NaN : Number(value);
    return Number.isFinite(parsed) ? parsed : null;
  },
  encode: (value) => (value === null ? [] : [String(value)]),
};

export const flag = (initial = false): Codec<boolean> => ({
  decode: ([value]) => (value === "1" ? true : value === "0" ? false : initial),
  encode: (value) => (value === initial ? [] : [value ? "1" : "0"]),
});

export function choice<const T extends string>(choices: readonly T[], initial: T): Codec<T> {
  return {
    decode: ([value]) => choices.find((one) => one === value) ?? initial,
    encode: (value) => (value === initial ? [] : [value]),
  };
}

/** Several texts, each its own `name=value`; the default is none. */
export const list: Codec<string[]> = { decode: (values) => values, encode: (value) => value };

/** A stretch of an axis: "12~340.5"; null is all of it. */
export const range: Codec<{ min: number; max: number } | null> = {
  decode: ([value]) => {
    const [min, max] = (value ?? "").split("~").map((part) => (part === "" ? NaN : Number(part)));
    if (min === undefined || max === undefined || !(min < max)) return null;
    return Number.isFinite(min) && Number.isFinite(max) ? { min, max } : null;
  },
  encode: (value) => (value === null ? [] : [`${value.min}~${value.max}`]),
};

export function decodeView<C>(codecs: C, search: string): View<C> {
  const params = new URLSearchParams(search);
  const entries = Object.entries(codecs as Record<string, Codec<unknown>>);
  return Object.fromEntries(
    entries.map(([name, codec]) => [name, codec.decode(params.getAll(name))]),
  ) as View<C>;
}

/** `search` with the changes of `patch`; names that no codec knows stay. */
export function encodeView<C>(codecs: C, search: string, patch: Partial<View<C>>): string {
  const params = new URLSearchParams(search);
  for (const [name, value] of Object.entries(patch)) {
    params.delete(name);
    const codec = (codecs as Record<string, Codec<unknown>>)[name];
    for (const one of codec?.encode(value) ?? []) params.append(name, one);
  }
  return params.toString();
}

export interface SetView<C> {
  /** `replace` while dragging or typing: no step of the back button for each frame. */
  (patch: Partial<View<C>>, how?: "push" | "replace"): void;
}

/** The view that the address holds; `codecs` is a constant of the module. */
export function useViewState<C>(codecs: C): [View<C>, SetView<C>] {
  const search = useSearch();
  const [, navigate] = useLocation();
  const latestNavigate = useLatest(navigate);
  const view = useMemo(() => decodeView(codecs, search), [codecs, search]);
  const setView = useCallback<SetView<C>>(
    (patch, how = "push") => {
      const next = encodeView(codecs, window.location.search, patch);
      if (next === new URLSearchParams(window.location.search).toString()) return;
      const path = `~${window.location.pathname}`;
      latestNavigate.current(next === "" ? path : `${path}?${next}`, { replace: how === "replace" });
    },
    [codecs, latestNavigate],
  );
  return [view, setView];
}
