import type { Account } from "../domain/callers.ts";
import type { Context } from "../domain/context.ts";
import { whosePin } from "../domain/household-pin.ts";
import { earns, isCalled, isSameFirstName } from "../domain/members.ts";
import { unreadable, type Outcome, type Reader, type Unreadable } from "../sms/grammar.ts";

/**
 * What every command works with: the phone a text came from.
 *
 * Several accounts may share it (R30), and a text does not ask who is calling. So without a PIN the
 * oldest account with the role that the command needs is meant, unless the text names another, and
 * with one the account whose PIN it is: value never moves from an account whose PIN was not given.
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
}

/** What a text does is somebody's: a vendor's, a manager's, or anybody's who earns. */
export type Role = "anyone" | "earner" | "manager" | "vendor";

type NotTheirs =
  | { readonly type: "members-only" }
  | { readonly type: "managers-only" }
  | { readonly type: "vendors-only" }
  /** A vendor does not earn, nor does a group: they are shown what they can do. */
  | {
      readonly type: "vendors-help" | "groups-help";
      readonly fields: { readonly help: string };
    };

type Refused =
  | NotTheirs
  | { readonly type: "no-pin-yet" }
  | { readonly type: "wrong-pin"; readonly fields: { readonly tries: number } }
  | { readonly type: "pin-locked"; readonly fields: { readonly minutes: number } }
  | { readonly type: "pin-blocked" };

/** The texts that answer who may not do something. */
export const roleAnswers = {
  "members-only": "members-only",
  "managers-only": "managers-only",
  "vendors-only": "vendors-only",
  "vendors-help": "help.vendor",
  "groups-help": "help.group",
} as const;

export const pinAnswers = {
  ...roleAnswers,
  "no-pin-yet": "no-pin-yet",
  "wrong-pin": "wrong-pin",
  "pin-locked": "pin-locked",
  "pin-blocked": "pin-blocked",
} as const;

const hasRole = (account: Account, role: Role): boolean =>
  role === "anyone" || (role === "earner" ? earns(account) : account.roles.includes(role));

/** The accounts of a phone that have a role, the oldest first; or why there is none. */
function havingRole(
  { accounts, community }: Texter,
  role: Role,
): readonly [Account, ...Account[]] | NotTheirs {
  const [first, ...others] = accounts.filter((account) => hasRole(account, role));
  if (first !== undefined) return [first, ...others];
  if (accounts.length === 0) return { type: "members-only" };
  if (role === "manager") return { type: "managers-only" };
  if (role === "vendor") return { type: "vendors-only" };
  const is_vendor = accounts.some(({ roles }) => roles.includes("vendor"));
  const type = is_vendor ? "vendors-help" : "groups-help";
  return { type, fields: { help: community.help_number } };
}

const isRefusal = (found: readonly Account[] | NotTheirs): found is NotTheirs => "type" in found;

type By<O> = (O & { readonly by: Reader }) | NotTheirs;

/** Runs what needs no PIN for the oldest account that has the role. */
export async function asOldest<O extends Outcome>(
  texter: Texter,
  role: Role,
  act: (account: Account) => Promise<O>,
): Promise<By<O>> {
  const found = havingRole(texter, role);
  if (isRefusal(found)) return found;
  return { ...(await act(found[0])), by: found[0] };
}

/** Runs what needs no PIN for the account of the phone that is named, the oldest where none is. */
export async function asNamed<O extends Outcome>(
  texter: Texter,
  name: string | undefined,
  act: (account: Account) => Promise<O>,
): Promise<By<O> | Unreadable> {
  const { accounts } = texter;
  const named = accounts.filter((account) => name === undefined || isCalled(name, account.name));
  if (named.length === 0 && accounts.length > 0) return unreadable("name");
  return await asOldest({ ...texter, accounts: named }, "anyone", act);
}

/** Runs an act for the account that has the role and whose PIN was given; else says why not. */
export async function withPin<O extends Outcome>(
  texter: Texter,
  { role, pin }: { role: Role; pin: string },
  act: (account: Account) => Promise<O>,
): Promise<By<O> | Refused> {
  const found = havingRole(texter, role);
  if (isRefusal(found)) return found;
  // After a reset the old PIN is worth nothing more, as by dialling.
  const set = found.filter(({ pin: state }) => state === "set");
  if (set.length === 0) return { type: "no-pin-yet" };
  const verdict = await whosePin(texter, set, pin);
  switch (verdict.type) {
    case "right":
      return { ...(await act(verdict.member)), by: verdict.member };
    case "wrong":
      return { type: "wrong-pin", fields: { tries: verdict.tries_left } };
    case "locked":
      return { type: "pin-locked", fields: { minutes: verdict.minutes } };
    case "blocked":
      return { type: "pin-blocked" };
  }
}

/** The texts that answer what moves value: with the PIN, and after long silence the name. */
export const valueAnswers = { ...pinAnswers, "name-wanted": "name-wanted" } as const;

/**
 * As `withPin`, for what moves value: where an account has been quiet for so long that its number
 * may be somebody else's by now, its first name is wanted before the PIN (R28).
 */
export async function withPinAndName<O extends Outcome>(
  texter: Texter,
  spec: { role: Role; pin: string; name: string | undefined },
  act: (account: Account) => Promise<O>,
): Promise<By<O> | Refused | { readonly type: "name-wanted" }> {
  const { role, name } = spec;
  const found = havingRole(texter, role);
  if (isRefusal(found)) return found;
  const known = found.filter(
    (account) =>
      !account.idle ||
      // Who has no PIN is told so.
      account.pin !== "set" ||
      (name !== undefined && isSameFirstName(name, account.name)),
  );
  // Before the PIN is looked at, since a right one ends the silence.
  if (known.length === 0) return { type: "name-wanted" };
  return await withPin({ ...texter, accounts: known }, spec, act);
}
