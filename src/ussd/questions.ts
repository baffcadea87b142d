import type { Fields } from "../words/words.ts";
import type { Asked, Json, Option, Question, Reading } from "./flow.ts";

/** Most options of one list: more would be seven pages and a caller's patience. */
const options_max = 60;

/**
 * Pick one from a list. The reply is read against the list the caller saw, never against today's.
 */
export function choose<Deps, Before, T extends { readonly [key: string]: Json }>(spec: {
  readonly from: (deps: Deps, before: Before) => Promise<readonly T[]> | readonly T[];
  readonly line: (option: T) => Fields;
  /** Its own number, different for each and the same at every call; else they are counted from 1. */
  readonly key?: (option: T) => number;
  readonly fields?: (deps: Deps, before: Before) => Fields;
  /** Found without asking. */
  readonly settled?: (deps: Deps, before: Before) => T | undefined;
}): Question<Deps, Before, T> {
  return {
    kind: "choose",
    hints: ["not-on-list"],
    ...(spec.settled && { settled: spec.settled }),
    ask: async (deps, before) => {
      const found = (await spec.from(deps, before)).slice(0, options_max);
      const options = found.map((value, at) => ({
        key: spec.key?.(value) ?? at + 1,
        fields: spec.line(value),
        value,
      }));
      return { fields: spec.fields?.(deps, before) ?? {}, options };
    },
    // The option was stored as this question made it, so the value is a T again.
    read: (reply, asked) => readOption(reply, asked.options) as Reading<T>,
  };
}

/** Pick one of a few that are always the same, each with its own number for good. */
export function pick<Deps, Before, W extends string>(spec: {
  readonly keys: Readonly<Record<W, number>>;
  /** All of them unless it says which. */
  readonly shown?: (deps: Deps) => readonly W[];
  readonly fields?: (deps: Deps, before: Before) => Fields;
}): Question<Deps, Before, W> {
  const all = Object.keys(spec.keys) as W[];
  return {
    kind: "pick",
    keys: spec.keys,
    hints: ["not-on-list"],
    ask: (deps, before) => {
      const fields = spec.fields?.(deps, before) ?? {};
      const option = (word: W): Option => ({ key: spec.keys[word], word, fields, value: word });
      return { fields, options: (spec.shown?.(deps) ?? all).map(option) };
    },
    read: (reply, asked) => readOption(reply, asked.options) as Reading<W>,
  };
}

function readOption(reply: string, options: readonly Option[]): Reading<Json> {
  const picked = options.find(({ key }) => reply === String(key));
  return picked ? { type: "read", value: picked.value } : { type: "unread", hint: "not-on-list" };
}

/** A whole number from a least to a most; settled without asking where there is only one. */
export function count<Deps, Before>(spec: {
  readonly min?: (before: Before) => number;
  readonly max: (before: Before) => number;
  readonly fields: (deps: Deps, before: Before) => Fields;
}): Question<Deps, Before, number> {
  const range = (before: Before) => ({ min: spec.min?.(before) ?? 1, max: spec.max(before) });
  return {
    kind: "count",
    hints: ["not-a-count"],
    settled: (_deps, before) => {
      const { min, max } = range(before);
      return min === max ? max : undefined;
    },
    ask: (deps, before) => ({ fields: spec.fields(deps, before), options: [] }),
    read: (reply, _asked, _deps, before) => {
      const { min, max } = range(before);
      const value = wholeNumber(reply);
      return value !== undefined && value >= min && value <= max
        ? { type: "read", value }
        : { type: "unread", hint: "not-a-count", fields: { min, max } };
    },
  };
}

/** A number typed with digits alone, up to nine of them; leading zeros are forgiven. */
export const wholeNumber = (text: string): number | undefined =>
  /^0*[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;

/** Typed freely and read by the asker: a phone number, a name, a code. */
export function typed<Deps, Before, V extends Json>(spec: {
  readonly read: (reply: string, deps: Deps, before: Before) => Promise<Reading<V>> | Reading<V>;
  /** Every hint that `read` may give, and every screen of `common` it may stop with. */
  readonly hints: readonly string[];
  readonly fields?: (deps: Deps, before: Before) => Promise<Fields> | Fields;
  readonly settled?: (deps: Deps, before: Before) => V | undefined;
  /** Reading changes something that must outlive a crash. */
  readonly effects?: true;
}): Question<Deps, Before, V> {
  return {
    kind: "typed",
    hints: spec.hints,
    ...(spec.settled && { settled: spec.settled }),
    ...(spec.effects && { effects: spec.effects }),
    ask: async (deps, before) => ({
      fields: (await spec.fields?.(deps, before)) ?? {},
      options: [],
    }),
    read: (reply, _asked, deps, before) => spec.read(reply, deps, before),
  };
}

/** Asks nothing and lets through, unless there is a reason not to: then the call ends with it. */
export function unless<Deps, Before>(
  stop: string,
  reason: (deps: Deps, before: Before) => Fields | undefined,
): Question<Deps, Before, true> {
  return {
    kind: "unless",
    stops: [stop],
    settled: (deps, before) => (reason(deps, before) === undefined ? true : undefined),
    ask: (deps, before) => ({ stop, fields: reason(deps, before) ?? {} }),
    read: () => {
      throw new Error(`${stop} takes no reply`);
    },
  };
}

/** Show what is about to happen; only `1` goes on. */
export function confirm<Deps, Before>(
  show: (before: Before, deps: Deps) => Fields,
): Question<Deps, Before, true> {
  return {
    kind: "confirm",
    hints: ["press-one"],
    pages: true,
    ask: (deps, before) => ({ fields: show(before, deps), options: [] }),
    read: (reply) =>
      reply === "1" ? { type: "read", value: true } : { type: "unread", hint: "press-one" },
  };
}

/** How a PIN was found: right, wrong with some tries left, or locked for some minutes or for good. */
export type PinVerdict =
  | { readonly type: "right" }
  | { readonly type: "wrong"; readonly tries_left: number }
  | { readonly type: "locked"; readonly minutes: number }
  | { readonly type: "blocked" };

const no_fields: Asked = { fields: {}, options: [] };

/** Checked, then forgotten: the answer kept is `true`, never the digits. */
export function pin<Deps, Before>(
  check: (deps: Deps, digits: string) => Promise<PinVerdict>,
): Question<Deps, Before, true> {
  return {
    kind: "pin",
    effects: true,
    secret: true,
    hints: ["not-a-pin", "wrong-pin"],
    ask: () => no_fields,
    read: async (reply, _asked, deps) => {
      if (!/^\d{4}$/.test(reply)) return { type: "unread", hint: "not-a-pin" };
      const verdict = await check(deps, reply);
      switch (verdict.type) {
        case "right":
          return { type: "read", value: true };
        case "wrong":
          return { type: "unread", hint: "wrong-pin", fields: { tries: verdict.tries_left } };
        case "locked":
          return { type: "stop", screen: "pin-locked", fields: { minutes: verdict.minutes } };
        case "blocked":
          return { type: "stop", screen: "pin-blocked" };
      }
    },
  };
}

/** A new PIN, kept as its slow hash until it has been typed again; one too easy is refused (R27). */
export function newPin<Deps, Before>(spec: {
  readonly tooEasy: (deps: Deps, digits: string) => boolean;
  readonly hash: (deps: Deps, digits: string) => Promise<string>;
}): Question<Deps, Before, string> {
  return {
    kind: "new-pin",
    secret: true,
    hints: ["not-a-pin", "easy-pin"],
    ask: () => no_fields,
    read: async (reply, _asked, deps) => {
      if (!/^\d{4}$/.test(reply)) return { type: "unread", hint: "not-a-pin" };
      if (spec.tooEasy(deps, reply)) return { type: "unread", hint: "easy-pin" };
      return { type: "read", value: await spec.hash(deps, reply) };
    },
  };
}

/** The new PIN once more: what was typed first must match. */
export function samePin<Deps, Before>(
  matches: (deps: Deps, digits: string, before: Before) => Promise<boolean>,
): Question<Deps, Before, true> {
  return {
    kind: "same-pin",
    secret: true,
    hints: ["not-the-same"],
    ask: () => no_fields,
    read: async (reply, _asked, deps, before) =>
      (await matches(deps, reply, before))
        ? { type: "read", value: true }
        : { type: "unread", hint: "not-the-same" },
  };
}
