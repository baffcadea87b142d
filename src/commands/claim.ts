import { claimDeed } from "../domain/claims.ts";
import { deedsFor, type Deed } from "../domain/deeds.ts";
import { isCalled } from "../domain/members.ts";
import { command, menuWord, nameWord, number, optional, unreadable } from "../sms/grammar.ts";
import { itemMeant } from "./menu.ts";
import { asNamed, roleAnswers, type Texter } from "./sender.ts";

/** How much of a deed was done, as the domain counts it; or that the number is not within it. */
export type HowMuch =
  | { readonly type: "so-much"; readonly units: number; readonly value: number }
  /** It is not done by the unit, and has one value. */
  | { readonly type: "no-number"; readonly fields: { readonly name: string } }
  | {
      readonly type: "out-of-range";
      readonly fields: { readonly name: string; readonly min: number; readonly max: number };
    };

/**
 * Reads the number beside a deed: its units where it is done by the unit, one when there is none;
 * its value where it has a range, and then there must be one.
 */
export function howMuch(
  { code: name, value, value_max, units_max }: Deed,
  said: number | undefined,
): HowMuch {
  const ranged = value_max > value;
  const [min, max] = ranged ? [value, value_max] : [1, units_max];
  const count = said ?? (ranged ? 0 : 1);
  if (count !== 1 && min === max) return { type: "no-number", fields: { name } };
  if (count < min || count > max) return { type: "out-of-range", fields: { name, min, max } };
  return ranged
    ? { type: "so-much", units: 1, value: count }
    : { type: "so-much", units: count, value };
}

/** The texts that answer why a deed cannot be claimed, whoever reports it. */
export const deedAnswers = {
  "no-such-deed": "claim.no-such-deed",
  "no-longer-on-menu": "claim.no-such-deed",
  "no-number": "claim.no-number",
  "out-of-range": "claim.out-of-range",
  "cap-reached": "claim.cap-reached",
  "too-many-waiting": "claim.too-many",
} as const;

/**
 * `CLAIM <deed> [units or value] [name]`: reports a deed, for a manager to confirm (R9). The name says
 * who of several that the phone serves did it (R30).
 */
export const claim = command(
  "claim",
  { deed: menuWord, units: optional(number), name: optional(nameWord) },
  async ({ name, ...said }, texter: Texter) => {
    // Where nobody shares the phone, a word more is a number that is not in digits.
    const [only, ...others] = texter.accounts;
    if (name !== undefined && only && others.length === 0 && !isCalled(name, only.name))
      return unreadable("units");
    return await asNamed(texter, { role: "earner", name }, async (member) => {
      const deed = itemMeant(await deedsFor(texter.trx, texter, { member }), said.deed);
      if (deed === undefined) return { type: "no-such-deed" as const };
      const much = howMuch(deed, said.units);
      if (much.type !== "so-much") return much;
      const { units, value } = much;
      return await claimDeed(texter, { once: texter.once, member, deed_id: deed.id, units, value });
    });
  },
  { ...roleAnswers, ...deedAnswers, claimed: "claim.claimed" },
);
