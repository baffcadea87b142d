import { audit } from "./audit.ts";
import type { Context } from "./context.ts";
import { momentIn } from "./format.ts";
import { isOwn, type Member } from "./members.ts";
import { notify, type Speaker } from "./notify.ts";
import { lockPin, storePin, updatePin } from "./pins.ts";

export type Reset =
  | {
      readonly type: "reset-started";
      readonly fields: { readonly name: string; readonly when: string };
    }
  /** One is under way, or the member has no PIN yet and chooses one at the next dial. */
  | {
      readonly type: "reset-before";
      readonly fields: { readonly name: string; readonly when: string };
    }
  | { readonly type: "no-pin-yet"; readonly fields: { readonly name: string } }
  | { readonly type: "own-account" };

/**
 * Starts the reset of a member's PIN (R27): after a waiting time, in which their number is told and
 * a right PIN ends it, a new one may be chosen by dialling or by text. The manager's PIN has been checked.
 */
export async function startReset(
  context: Context,
  { manager, member }: { manager: Member; member: Member },
): Promise<Reset> {
  if (isOwn(manager, member)) return { type: "own-account" };
  const { id, name } = manager;
  return await beginReset(context, member, { by: name, reset_by: id, actor: `member:${id}` });
}

/**
 * Starts a reset where no manager can: by an operator of the service, who has no PIN. The waiting time
 * is the same and the number is told the same, by the community's name; the audit log says that it
 * was the service's.
 */
export const startResetByOperator = (
  speaker: Speaker,
  member: Member,
): Promise<Exclude<Reset, { readonly type: "own-account" }>> =>
  beginReset(speaker, member, { by: speaker.community.name, reset_by: null, actor: "service" });

async function beginReset(
  context: Speaker,
  member: Member,
  { by, reset_by, actor }: { by: string; reset_by: string | null; actor: string },
): Promise<Exclude<Reset, { readonly type: "own-account" }>> {
  const { trx, community, now } = context;
  const { name } = member;
  const of_member = { community_id: community.id, member_id: member.id };
  const pin = await lockPin(trx, of_member);
  if (pin === undefined) return { type: "no-pin-yet", fields: { name } };
  const when = (at: Date): string => momentIn(community.time_zone, at);
  if (pin.reset_ready_at !== null)
    return { type: "reset-before", fields: { name, when: when(pin.reset_ready_at) } };

  const ready_at = new Date(now.getTime() + community.pin_reset_wait_hours * 3_600_000);
  await updatePin(trx, of_member, { reset_by, reset_ready_at: ready_at });
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "pin.reset-started",
      subject: `member:${member.id}`,
      after: { ready_at },
    },
  );
  const fields = { manager: by, when: when(ready_at), help: community.help_number };
  const text = community.ussd_code === null ? "reset-started-sms" : "reset-started";
  await notify(context, [{ to: member, purpose: "security", text, fields }]);
  return { type: "reset-started", fields: { name, when: when(ready_at) } };
}

export type PinChosen = { readonly type: "pin-set" } | { readonly type: "not-now" };

/** The first PIN of an account, or one after a reset whose waiting time is over (R26, R27). */
export async function chooseFirstPin(
  context: Context,
  { member, hash }: { member: Member; hash: string },
): Promise<PinChosen> {
  const { trx, community, now } = context;
  const pin = await lockPin(trx, { community_id: community.id, member_id: member.id });
  const ready = pin?.reset_ready_at ?? null;
  if (pin !== undefined && (ready === null || ready > now)) return { type: "not-now" };
  await replacePin(context, { member, hash });
  return { type: "pin-set" };
}

/** Puts a new PIN in the old one's place, and tells the member's number of it. */
export async function replacePin(
  context: Context,
  { member, hash }: { member: Member; hash: string },
): Promise<{ readonly type: "pin-set" }> {
  const { trx, community, now } = context;
  await storePin(trx, { community_id: community.id, member_id: member.id, hash, now });
  const fields = {
    name: member.name,
    when: momentIn(community.time_zone, now),
    help: community.help_number,
  };
  await notify(context, [{ to: member, purpose: "security", text: "pin-changed", fields }]);
  return { type: "pin-set" };
}
