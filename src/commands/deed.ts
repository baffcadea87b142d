import type { Account } from "../domain/callers.ts";
import { recordDeed } from "../domain/decisions.ts";
import { deedsFor } from "../domain/deeds.ts";
import { earns } from "../domain/members.ts";
import { readPhone } from "../domain/phones.ts";
import {
  command,
  menuWord,
  nameWord,
  number,
  optional,
  phoneWord,
  pinWord,
  unreadable,
} from "../sms/grammar.ts";
import { deedAnswers, howMuch } from "./claim.ts";
import { itemMeant } from "./menu.ts";
import { personAnswers, personAt } from "./person.ts";
import { byManager, managerAnswers, type Texter } from "./sender.ts";

interface Spec {
  readonly phone: string;
  readonly deed: string;
  readonly units: number | undefined;
  readonly name: string | undefined;
}

/**
 * `DEED <phone> <deed> [units or value] [name] <PIN>`: a manager records a deed for a member (R9), with
 * the first name where the phone serves several.
 */
export const deed = command(
  "deed",
  {
    phone: phoneWord,
    deed: menuWord,
    units: optional(number),
    name: optional(nameWord),
    pin: pinWord,
  },
  async ({ phone: typed, pin, ...said }, texter: Texter) => {
    const phone = readPhone(typed, texter.community);
    if (phone === undefined) return unreadable("phone");
    return await byManager(
      texter,
      // Where the budget is used up a claim is kept, which is something done as well.
      { pin, doing: ["confirmed", "budget-reached"] },
      (manager) => record(texter, manager, { ...said, phone }),
    );
  },
  {
    ...managerAnswers,
    asks: "deed.asks",
    ...deedAnswers,
    confirmed: "deed.confirmed",
    ...personAnswers,
    several: "deed.several",
    "own-account": "deed.own-account",
    "own-claim": "own-claim",
    "no-such-claim": "no-such-claim",
    "budget-reached": "deed.budget-reached",
  },
);

async function record(texter: Texter, manager: Account, said: Spec) {
  const { phone, name } = said;
  const person = await personAt(texter, { phone, name, among: earns });
  if (person.type !== "found") return person;
  const { member } = person;
  const menu = await deedsFor(texter.trx, texter, { member, language: manager.language });
  const found = itemMeant(menu, said.deed);
  if (found === undefined) return { type: "no-such-deed" as const };
  const much = howMuch(found, said.units);
  if (much.type !== "so-much") return much;
  const { units, value } = much;
  const spec = { once: texter.once, manager, member, deed_id: found.id, units, value };
  const done = await recordDeed(texter, spec);
  return "fields" in done ? { ...done, fields: { ...done.fields, name: member.name } } : done;
}
