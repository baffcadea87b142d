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
  readonly fields?: (deps: Deps, before: Before) => Fields;
}): Question<Deps, Before, T> {
  return {
    kind: "choose",
    ask: async (deps, before) => {
      const found = (await spec.from(deps, before)).slice(0, options_max);
      const options = found.map((value, at) => ({ key: at + 1, fields: spec.line(value), value }));
      return { fields: spec.fields?.(deps, before) ?? {}, options };
    },
    // The option was stored as this question made it, so the value is a T again.
    read: (reply, asked) => readOption(reply, asked.options) as Reading<T>,
  };
}

/** Pick one of a few that are always the same, each with its own number for good. */
export function pick<Deps, Before, W extends string>(spec: {
  readonly keys: Readonly<Record<W, number>>;
  readonly shown: (deps: Deps) => readonly W[];
  readonly fields: (deps: Deps) => Fields;
}): Question<Deps, Before, W> {
  return {
    kind: "pick",
    words: Object.keys(spec.keys),
    ask: (deps) => {
      const option = (word: W): Option => ({ key: spec.keys[word], word, fields: {}, value: word });
      return { fields: spec.fields(deps), options: spec.shown(deps).map(option) };
    },
    read: (reply, asked) => readOption(reply, asked.options) as Reading<W>,
  };
}

function readOption(reply: string, options: readonly Option[]): Reading<Json> {
  const picked = options.find(({ key }) => reply === String(key));
  return picked ? { type: "read", value: picked.value } : { type: "unread", hint: "not-on-list" };
}

/** A whole number from 1 to a limit; settled without asking where there is only one. */
export function count<Deps, Before>(spec: {
  readonly max: (before: Before) => number;
  readonly fields: (deps: Deps, before: Before) => Fields;
}): Question<Deps, Before, number> {
  return {
    kind: "count",
    settled: (_deps, before) => (spec.max(before) === 1 ? 1 : undefined),
    ask: (deps, before) => ({ fields: spec.fields(deps, before), options: [] }),
    read: (reply, _asked, _deps, before) => {
      const max = spec.max(before);
      const value = /^0*[1-9]\d{0,5}$/.test(reply) ? Number(reply) : 0;
      return value >= 1 && value <= max
        ? { type: "read", value }
        : { type: "unread", hint: "not-a-count", fields: { max } };
    },
  };
}

/** Show what is about to happen; only `1` goes on. */
export function confirm<Deps, Before>(
  show: (before: Before, deps: Deps) => Fields,
): Question<Deps, Before, true> {
  return {
    kind: "confirm",
    ask: (deps, before) => ({ fields: show(before, deps), options: [] }),
    read: (reply) =>
      reply === "1" ? { type: "read", value: true } : { type: "unread", hint: "press-one" },
  };
}

/** How a PIN was found: right, wrong with some tries left, or locked for some minutes. */
export type PinVerdict =
  | { readonly type: "right" }
  | { readonly type: "wrong"; readonly tries_left: number }
  | { readonly type: "locked"; readonly minutes: number };

/** Checked, then forgotten: the answer kept is `true`, never the digits. */
export function pin<Deps, Before>(
  check: (deps: Deps, digits: string) => Promise<PinVerdict>,
): Question<Deps, Before, true> {
  const nothing: Asked = { fields: {}, options: [] };
  return {
    kind: "pin",
    effects: true,
    ask: () => nothing,
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
      }
    },
  };
}
