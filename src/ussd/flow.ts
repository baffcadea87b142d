import type { Fields } from "../words/words.ts";

export type { Fields, Phrase } from "../words/words.ts";

/**
 * A flow is a list of questions and one act at the end.
 *
 * A session holds no state name: what a caller sees is the first question that has no answer yet.
 * Going back takes an answer away; nothing else moves.
 */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** One line of a list. The key is what the caller presses, and stays the same while shown. */
export interface Option {
  readonly key: number;
  /** Names its words, for options that are always the same; else the list's own line is used. */
  readonly word?: string;
  readonly fields: Fields;
  readonly value: Json;
}

/** What a screen shows, before any words are chosen. */
export interface Asked {
  readonly fields: Fields;
  readonly options: readonly Option[];
}

/** The question cannot be asked: the call ends with a screen of the flow, one of `stops`. */
export interface Stopped {
  readonly stop: string;
  readonly fields: Fields;
}

export type Reading<V> =
  | { readonly type: "read"; readonly value: V }
  /** Ask again, with one line of help. */
  | { readonly type: "unread"; readonly hint: string; readonly fields?: Fields }
  /** The call ends here, with a screen of the flow `common`. */
  | { readonly type: "stop"; readonly screen: string; readonly fields?: Fields };

/** One question: how it is asked, and how a reply is read against what was asked. */
export interface Question<Deps, Before, V extends Json> {
  /** With the key it makes the flow's shape, so that a live session of another shape starts over. */
  readonly kind: string;
  /** An answer that need not be asked for; undefined to ask. */
  readonly settled?: (deps: Deps, before: Before) => V | undefined;
  readonly ask: (deps: Deps, before: Before) => Promise<Asked | Stopped> | Asked | Stopped;
  readonly read: (
    reply: string,
    asked: Asked,
    deps: Deps,
    before: Before,
  ) => Promise<Reading<V>> | Reading<V>;
  /** Words of options that are always the same, and their numbers, for the check of all screens. */
  readonly keys?: Readonly<Record<string, number>>;
  /** Hints it may give, and screens it may stop with, for the same check. */
  readonly hints?: readonly string[];
  readonly stops?: readonly string[];
  /** Nothing but a number shown is an answer, so a long text may run over pages by 98. */
  readonly pages?: true;
  /** The answer is, or stands for, a secret: a call that is taken up again stops before it. */
  readonly secret?: true;
  /** Reading a reply changes something that must outlive a crash, such as a count of wrong tries. */
  readonly effects?: true;
}

export interface Outcome {
  readonly type: string;
  readonly fields?: Fields;
  /** From here on the call speaks for this account, where several share a phone. */
  readonly as?: string;
  /** From here on the call is in this language. */
  readonly speaks?: string;
}

/** After the act: the call ends, a question is asked again, or another flow begins. */
export type Ending =
  | { readonly end: true }
  | { readonly again: string }
  // The name, not the flow: what home leads to may lead home again.
  | { readonly go: string };

interface Step {
  readonly key: string;
  readonly question: Question<never, never, Json>;
}

export interface Flow<Deps> {
  readonly name: string;
  readonly shape: string;
  readonly steps: readonly Step[];
  readonly endings: Readonly<Record<string, Ending>>;
  readonly act: (answers: never, deps: Deps) => Promise<Outcome> | Outcome;
  /** Whether the act changes anything, so that its commit must wait for the disk. */
  readonly effects: boolean;
}

export const END = { end: true } as const;

type EndingOf<A> =
  { readonly end: true } | { readonly again: keyof A & string } | { readonly go: string };

type Endings<A, O extends Outcome> = { readonly [T in O["type"]]: EndingOf<A> };

export interface FlowBuilder<Deps, A extends object> {
  /** Adds a question. A key is asked once; the question may read the answers before it. */
  ask<K extends string, V extends Json>(
    key: K extends keyof A ? never : K,
    question: Question<Deps, A, V>,
  ): FlowBuilder<Deps, A & { readonly [P in K]: V }>;
  /** The only place with effects. Every outcome must be given an ending, or this does not compile. */
  act<O extends Outcome>(
    run: (answers: A, deps: Deps) => Promise<O> | O,
    endings: Endings<A, O>,
  ): Flow<Deps>;
  /** In place of an act: only reads, and tells. */
  tell<O extends Outcome>(
    run: (answers: A, deps: Deps) => Promise<O> | O,
    endings: Endings<A, O>,
  ): Flow<Deps>;
}

/** Begins a flow; its name is the key of its words. */
export function flow<Deps>(name: string): FlowBuilder<Deps, object> {
  return builder(name, []);
}

// The types of the answers live in the builder's signature only: the engine keeps steps of
// different answers in one list, so the types end here.
function builder<Deps, A extends object>(
  name: string,
  steps: readonly Step[],
): FlowBuilder<Deps, A> {
  const finish =
    (effects: boolean): FlowBuilder<Deps, A>["act"] =>
    (run, endings) => ({
      name,
      shape: steps.map(({ key, question }) => `${key}:${question.kind}`).join(" "),
      steps,
      endings,
      act: run,
      effects,
    });
  return {
    ask: (key, question) => builder(name, [...steps, { key, question }]),
    act: finish(true),
    tell: finish(false),
  };
}
