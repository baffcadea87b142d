import type { Account } from "../domain/callers.ts";
import { whosePin } from "../domain/household-pin.ts";
import { earns, isCalled, isSameFirstName } from "../domain/members.ts";
import { endSilence } from "../domain/silence.ts";
import { unreadable, type Outcome, type Proof, type Unreadable } from "../sms/grammar.ts";
import { byWord, refusedBy, type Asks } from "./by-word.ts";
import type { By, NotTheirs, Refused, Texter, Unclear } from "./texter.ts";

export type { Texter } from "./texter.ts";

/** What a text does is somebody's: a vendor's, a manager's, or anybody's who earns. */
export type Role = "anyone" | "earner" | "manager" | "vendor";

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
  "shared-phone": "shared-phone",
  "name-says-who": "name-says-who",
  /** A command that has no such text of its own. */
  asks: "word.asks",
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

const isRefusal = <R extends { readonly type: string }>(
  found: readonly Account[] | R,
): found is R => "type" in found;

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

/**
 * Runs what needs no PIN for the account that has the role and is named, the oldest where none is.
 */
export async function asNamed<O extends Outcome>(
  texter: Texter,
  { role, name }: { readonly role: Role; readonly name: string | undefined },
  act: (account: Account) => Promise<O>,
): Promise<By<O> | Unreadable> {
  const { accounts } = texter;
  const named = accounts.filter((account) => name === undefined || isCalled(name, account.name));
  if (named.length === 0 && accounts.length > 0) return unreadable("name");
  return await asOldest({ ...texter, accounts: named }, role, act);
}

interface Proving<O extends Outcome> {
  readonly role: Role;
  /** Null where the community's texts carry no PIN: a word that its phone is sent shows who texts. */
  readonly pin: Proof;
  /** The first name that says which of several texts; there where the command has a place for it. */
  readonly name?: string | undefined;
  /** The outcomes in which something is done, and which wait for the word; all, where it is not said. */
  readonly doing?: readonly NoInfer<O["type"]>[];
}

type Proven<O> = By<O> | By<Asks> | Refused;

/**
 * Runs an act for the account that has the role and whose PIN was given, or whose one-time word has
 * come; else says why not, or asks for the word. It ends no long silence.
 */
export async function withPin<O extends Outcome>(
  texter: Texter,
  spec: Proving<O>,
  act: (account: Account) => Promise<O>,
): Promise<Proven<O>> {
  const found = provable(texter, spec);
  if (isRefusal(found)) return found;
  const set = havingPin(found);
  const [first] = set;
  if (first === undefined) return { type: "no-pin-yet" };
  const { pin, doing } = spec;
  if (pin === null) return await byWord(texter, { account: first, doing }, act);
  const verdict = await whosePin(texter, set, pin);
  if (verdict.type !== "right") return refusedBy(verdict);
  return { ...(await act(verdict.member)), by: verdict.member };
}

/** After a reset the old PIN is worth nothing more, as by dialling. */
const havingPin = (accounts: readonly Account[]): readonly Account[] =>
  accounts.filter(({ pin }) => pin === "set");

/**
 * The accounts that may be meant, once it is shown that it is theirs to ask: where texts carry no PIN,
 * the one whose word has come, or that alone has a PIN, or whose first name is said.
 */
function provable(
  texter: Texter,
  spec: { readonly role: Role; readonly pin: Proof; readonly name?: string | undefined },
): readonly [Account, ...Account[]] | NotTheirs | Unclear {
  const found = havingRole(texter, spec.role);
  if (isRefusal(found) || spec.pin !== null) return found;
  const { proven_id } = texter;
  const { name } = spec;
  const set =
    proven_id === undefined ? havingPin(found) : found.filter(({ id }) => id === proven_id);
  const named = set.filter((own) => name !== undefined && isSameFirstName(name, own.name));
  const [only, ...others] = set.length > 1 ? named : set;
  if (only !== undefined && others.length === 0) return [only];
  if (set.length === 0) return found;
  return { type: "name" in spec ? "name-says-who" : "shared-phone" };
}

/** The texts that answer what moves value: with the PIN, and after long silence the name. */
export const valueAnswers = {
  ...pinAnswers,
  "name-wanted": "name-wanted",
  "name-wanted-last": "name-wanted-last",
} as const;

type NameWanted = { readonly type: "name-wanted" | "name-wanted-last" };

/**
 * As `withPin`, for what moves value: where an account has been quiet for so long that its number
 * may be somebody else's by now, its first name is wanted before the PIN (R28), or where none is said
 * at the end. The two together end the silence.
 *
 * Of several accounts one may be quiet. Its PIN without its name does nothing, and is no wrong try of
 * the others; a PIN that is nobody's is a wrong try of all, the quiet one too.
 */
export async function withPinAndName<O extends Outcome>(
  texter: Texter,
  spec: Proving<O> & { readonly name: string | undefined },
  act: (account: Account) => Promise<O>,
): Promise<Proven<O> | NameWanted> {
  const { name, pin } = spec;
  const found = provable(texter, spec);
  if (isRefusal(found)) return found;
  const set = havingPin(found);
  // Who has no PIN is told so.
  if (set.length === 0) return { type: "no-pin-yet" };
  const isKnown = ({ idle, name: own }: Account): boolean =>
    !idle || (name !== undefined && isSameFirstName(name, own));
  const known = set.filter(isKnown);
  const named = async (account: Account): Promise<O> => {
    // Before its word has come an act is only tried.
    const is_shown = pin !== null || texter.proven_id === account.id;
    if (account.idle && is_shown) await endSilence(texter, account);
    return await act(account);
  };
  if (known.length === 0) return { type: pin === null ? "name-wanted-last" : "name-wanted" };
  if (known.length === set.length || pin === null)
    return await withPin({ ...texter, accounts: known }, spec, named);
  const verdict = await whosePin(texter, [...known, ...set.filter((one) => !isKnown(one))], pin);
  if (verdict.type !== "right") return refusedBy(verdict);
  const { member } = verdict;
  return isKnown(member) ? { ...(await named(member)), by: member } : { type: "name-wanted" };
}

/** The texts that answer what moves value by a manager's PIN. */
export const managerAnswers = {
  ...pinAnswers,
  "name-wanted": "name-wanted-list",
  "name-wanted-last": "name-wanted-list",
  // Such texts have no place for the manager's own name.
  "name-says-who": "shared-phone",
} as const;

/**
 * As `withPinAndName`, for a manager's act that moves value. Such texts have no place for the name,
 * which could be taken for a claim's code or for the member's: after long silence a manager first says
 * it with `LIST`.
 */
export const byManager = <O extends Outcome>(
  texter: Texter,
  spec: Omit<Proving<O>, "role">,
  act: (manager: Account) => Promise<O>,
): Promise<Proven<O> | NameWanted> =>
  withPinAndName<O>(texter, { ...spec, role: "manager", name: undefined }, act);
