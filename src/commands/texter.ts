import type { Account } from "../domain/callers.ts";
import type { Context } from "../domain/context.ts";
import type { Asked, Reader } from "../sms/grammar.ts";
import type { Keywords } from "../sms/keywords.ts";

/**
 * What every command works with: the phone a text came from.
 *
 * Several accounts may share it (R30), and a text does not ask who is calling. So without a PIN the
 * oldest account with the role that the command needs is meant, unless the text names another, and
 * with one the account whose PIN it is: value never moves from an account whose PIN was not given. Where texts carry no PIN, a word
 * that the phone is sent stands in its place, and then one account alone may have the role.
 */
export interface Texter extends Context {
  /** E.164, as the gateway asserts it. */
  readonly phone: string;
  /** Whom it serves, the oldest first; none for a stranger. */
  readonly accounts: readonly Account[];
  /** Of the oldest account, or a stranger's own. */
  readonly language: string;
  /** Names this act for good: the same text again is the same act. */
  readonly once: string;
  readonly keywords: Keywords;
  /** The command that is being run, as it was read. */
  readonly asked?: Asked | undefined;
  /** The account whose one-time word has just come for this command. */
  readonly proven_id?: string | undefined;
}

/** Why an account may not do something, whatever shows that it is theirs to ask. */
export type NotTheirs =
  | { readonly type: "members-only" }
  | { readonly type: "managers-only" }
  | { readonly type: "vendors-only" }
  /** A vendor does not earn, nor does a group: they are shown what they can do. */
  | {
      readonly type: "vendors-help" | "groups-help";
      readonly fields: { readonly help: string };
    };

/** Why nothing shows that it is theirs to ask. */
export type Refused =
  | NotTheirs
  | { readonly type: "no-pin-yet" }
  | { readonly type: "wrong-pin"; readonly fields: { readonly tries: number } }
  | { readonly type: "pin-locked"; readonly fields: { readonly minutes: number } }
  | { readonly type: "pin-blocked" }
  | Unclear;

/**
 * Several accounts of the phone have the role, and a word cannot tell which of them texts (R30): the
 * first name does, where the command has a place for it.
 */
export interface Unclear {
  readonly type: "shared-phone" | "name-says-who";
}

/** An outcome, and whom it is told to. */
export type By<O> = (O & { readonly by: Reader }) | NotTheirs;
