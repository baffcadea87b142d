import { claimsOf, labelOf } from "./claims.ts";
import type { Context } from "./context.ts";
import { nameIn, type Names } from "./deeds.ts";
import { dayIn } from "./format.ts";
import { memberById, type Member } from "./members.ts";
import { notify } from "./notify.ts";
import { end, giveBack, openRedemptions } from "./settling.ts";

/** Most that is done in one transaction. */
const batch = 100;
/** The warning comes this long before a redemption expires (R14). */
export const warning_ms = 86_400_000;

/** Claims that nobody decided on in time end, and their members are told (R11). */
export async function expireClaims(context: Context): Promise<number> {
  const { trx, community, now } = context;
  const due = await claimsOf(trx, community.id)
    .select([
      "claim.id",
      "claim.code",
      "deed.name",
      "deed.sensitive",
      "member.id as member_id",
      "member.phone",
      "member.language",
    ])
    .where("claim.state", "=", "waiting")
    .where("claim.expires_at", "<=", now)
    .orderBy("claim.claimed_at")
    .limit(batch)
    .forUpdate("claim")
    .skipLocked()
    .execute();
  if (due.length === 0) return 0;
  await trx
    .updateTable("claim")
    .set({ state: "expired", decided_at: now })
    .where("community_id", "=", community.id)
    .where(
      "id",
      "in",
      due.map(({ id }) => id),
    )
    .execute();
  await notify(
    context,
    due.map((claim) => ({
      to: { id: claim.member_id, phone: claim.phone, language: claim.language },
      purpose: "receipt",
      text: "claim-expired",
      fields: {
        code: claim.code,
        deed: labelOf(context, claim, claim),
        help: community.help_number,
      },
    })),
  );
  return due.length;
}

/** Tells members a day before what is held for them expires, once (R14). */
export async function warnOfExpiry(context: Context): Promise<number> {
  const { trx, community, now } = context;
  const due = await openRedemptions(context)
    .where("redemption.warned_at", "is", null)
    .where("redemption.expires_at", ">", now)
    .where("redemption.expires_at", "<=", new Date(now.getTime() + warning_ms))
    .orderBy("redemption.expires_at")
    .limit(batch)
    .forUpdate("redemption")
    .skipLocked()
    .execute();
  for (const row of due) {
    await trx
      .updateTable("redemption")
      .set({ warned_at: now })
      .where("community_id", "=", community.id)
      .where("id", "=", row.id)
      .execute();
    const member = await memberById(trx, community.id, row.member_id);
    if (member === undefined) continue;
    const fields = {
      name: nameIn(row.reward as Names, member.language, community),
      day: dayIn(community.time_zone, row.expires_at),
      amount: row.amount,
      help: community.help_number,
    };
    const text = row.hold_id === null ? "unlock-expiring" : "redemption-expiring";
    await notify(context, [{ to: member, purpose: "reminder", text, fields }]);
  }
  return due.length;
}

/** Redemptions that nobody collected end: what was held is the member's again, and both hear (R14). */
export async function expireRedemptions(context: Context): Promise<number> {
  const { trx, community, now } = context;
  const due = await openRedemptions(context)
    .where("redemption.expires_at", "<=", now)
    .orderBy("redemption.expires_at")
    // One at a time: the ledger is asked once in a transaction.
    .limit(1)
    .forUpdate("redemption")
    .skipLocked()
    .execute();
  for (const row of due) {
    await end(context, row.id, { state: "expired", ended_by: null });
    const balance = await giveBack(context, row, "expired");
    const { member: name, member_id, vendor_id, amount } = row;
    const nameFor = ({ language }: Member): string =>
      nameIn(row.reward as Names, language, community);
    const member = await memberById(trx, community.id, member_id);
    const vendor = vendor_id === null ? undefined : await memberById(trx, community.id, vendor_id);
    if (member !== undefined) {
      const fields = { name: nameFor(member), amount, balance, help: community.help_number };
      const text = row.hold_id === null ? "unlock-expired" : "redemption-expired";
      await notify(context, [{ to: member, purpose: "receipt", text, fields }]);
    }
    if (vendor !== undefined) {
      const fields = { member: name, name: nameFor(vendor) };
      await notify(context, [{ to: vendor, purpose: "receipt", text: "order-expired", fields }]);
    }
  }
  return due.length;
}
