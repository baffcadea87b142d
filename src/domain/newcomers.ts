import { v7 as uuid } from "uuid";
import { audit } from "./audit.ts";
import { accounts_max, addMember, kindOf, membersByPhone, type Member } from "./members.ts";
import { notify, type Speaker } from "./notify.ts";
import { addVendor, type NewVendor } from "./vendors.ts";

export type TakenIn =
  | { readonly type: "taken-in"; readonly id: string }
  /** One of that name is there already, on that phone. */
  | { readonly type: "known-here"; readonly name: string }
  /** The phone serves as many accounts as it may (R30). */
  | { readonly type: "phone-full"; readonly count: number };

/**
 * Takes a person or a group in, by whichever way they came: adds the account, writes it into the audit log
 * without the number, and tells them how to begin (R26).
 */
export async function takeIn(
  speaker: Speaker,
  spec: {
    /** As the audit log has it. */
    actor: string;
    person: Omit<Member, "id">;
    vendor?: Omit<NewVendor, "member_id"> | undefined;
  },
): Promise<TakenIn> {
  const { trx, community, now } = speaker;
  const { actor, person, vendor } = spec;
  const there = await membersByPhone(trx, community.id, person.phone);
  const same = there.find(({ name }) => name.toLowerCase() === person.name.toLowerCase());
  if (same !== undefined) return { type: "known-here", name: same.name };
  if (there.length >= accounts_max) return { type: "phone-full", count: there.length };

  const id = uuid();
  await addMember(trx, community.id, now, { ...person, id });
  if (vendor !== undefined) await addVendor(trx, community.id, { ...vendor, member_id: id });
  const { name, language, roles, guardian_id } = person;
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "member.enrolled",
      subject: `member:${id}`,
      after: { name, language, roles, guardian_id, vendor },
    },
  );
  const welcome = kindOf(roles) === "group" ? "welcome-group" : "welcome";
  await notify(speaker, [
    {
      to: { ...person, id },
      purpose: "receipt",
      text: community.ussd_code === null ? `${welcome}-sms` : welcome,
      fields: { name, code: community.ussd_code ?? "" },
    },
  ]);
  return { type: "taken-in", id };
}
