import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { checkPin, lockPin, matchesHash, whyClosed, type PinVerdict } from "./pins.ts";

export type WhosePin<M extends Member> =
  { readonly type: "right"; readonly member: M } | Exclude<PinVerdict, { readonly type: "right" }>;

/**
 * Finds whose PIN was given, where one phone serves several accounts (R30) and nobody was asked who
 * is calling. A locked or blocked account's PIN is not looked at. A PIN that is nobody's counts as a
 * wrong try of every account it was tried for: otherwise one who knows a PIN of the phone could
 * guess at another without end. Where two have the same PIN, the first of them is meant.
 * @param members in the order in which they are meant; at least one.
 */
export async function whosePin<M extends Member>(
  context: Context,
  members: readonly M[],
  digits: string,
): Promise<WhosePin<M>> {
  const [first] = members;
  if (first === undefined) throw new Error("a PIN is somebody's: no account was given");
  for (const member of members)
    if (members.length > 1 && (await isTheirs(context, member, digits))) {
      const verdict = await checkPin(context, member, digits);
      return verdict.type === "right" ? { type: "right", member } : verdict;
    }
  const verdicts: PinVerdict[] = [];
  for (const member of members) {
    const verdict = await checkPin(context, member, digits);
    if (verdict.type === "right") return { type: "right", member };
    verdicts.push(verdict);
  }
  return gentlest(verdicts);
}

/** Whether the digits are this account's PIN; false also where it may not be tried now. */
async function isTheirs(
  { trx, community, now, pepper }: Context,
  member: Member,
  digits: string,
): Promise<boolean> {
  const pin = await lockPin(trx, { community_id: community.id, member_id: member.id });
  const open = pin !== undefined && whyClosed(pin, now) === undefined;
  return open && (await matchesHash(pin.hash, digits, pepper));
}

/** What is told where one try was wrong for several: how many are left, else how long to wait. */
export function gentlest(verdicts: readonly PinVerdict[]): Exclude<PinVerdict, { type: "right" }> {
  const wrong = verdicts.flatMap((one) => (one.type === "wrong" ? [one.tries_left] : []));
  if (wrong.length > 0) return { type: "wrong", tries_left: Math.min(...wrong) };
  const locked = verdicts.flatMap((one) => (one.type === "locked" ? [one.minutes] : []));
  return locked.length > 0 ? { type: "locked", minutes: Math.min(...locked) } : { type: "blocked" };
}
