import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { openCommunity } from "../ledger/accounts.ts";
import { audit } from "./audit.ts";
import { communityBySlug } from "./communities.ts";
import type { CommunityFile, NewCommunity } from "./community-file.ts";
import { addMember } from "./members.ts";
import { setPin } from "./pins.ts";
import { addVendor } from "./vendors.ts";

/**
 * Founds a community from its file: settings, menus, system accounts, and the line of the audit log (R31).
 * @param at.actor as the audit log names who founds it.
 * @returns its id, or undefined when it was founded before: then nothing changes.
 */
export async function foundCommunity(
  trx: Writer,
  { now, actor }: { readonly now: Date; readonly actor: string },
  file: NewCommunity,
): Promise<string | undefined> {
  if ((await communityBySlug(trx, file.slug)) !== undefined) return undefined;
  const { slug, name, country, currency, time_zone, languages, help_number } = file;
  const id = uuid();
  const partner_id = await findOrAddPartner(trx, file.partner, now);
  await trx
    .insertInto("community")
    .values({
      id,
      partner_id,
      slug,
      name,
      country,
      currency,
      time_zone,
      languages,
      help_number,
      ussd_code: file.ussd_code ?? null,
      sms_number: file.sms_number ?? null,
      accrual_ratio: file.accrual_ratio,
      text_proof: file.text_proof,
      claim_expiry_days: file.claim_expiry_days,
      redemption_expiry_days: file.redemption_expiry_days,
      send_daily_max: file.send_daily_max,
      quorum_percent: file.quorum_percent,
      majority_percent: file.majority_percent,
      voting_days: file.voting_days,
      notional_value: file.notional_value,
      cash_out_value: file.cash_out_value ?? null,
      liquidity_budget: file.liquidity_budget ?? null,
      stage: file.stage,
      created_at: now,
    })
    .execute();
  await openCommunity(trx, id);
  if (file.deeds.length > 0) await addDeeds(trx, id, file.deeds, now);
  await addRewards(trx, id, file, now);
  const { partner, accrual_ratio, cash_out_value = null } = file;
  const counts = { deeds: file.deeds.length, rewards: file.rewards.length };
  const after = { slug, partner, accrual_ratio, cash_out_value, ...counts };
  const subject = `community:${id}`;
  await audit(trx, { community_id: id, now }, { actor, act: "community.founded", subject, after });
  return id;
}

/** Adds the people a community's file names for demonstrations, with their PINs; vendors too. */
export async function addDemoPeople(
  trx: Writer,
  community_id: string,
  people: CommunityFile["demo_people"],
  { pepper, now }: { pepper: Buffer; now: Date },
): Promise<void> {
  const ids = new Map<string, string>();
  for (const { pin: digits, vendor, guardian, ...person } of people) {
    const member_id = uuid();
    ids.set(person.name, member_id);
    const guardian_id = ids.get(guardian ?? "") ?? null;
    await addMember(trx, community_id, now, { ...person, id: member_id, guardian_id });
    await setPin(trx, { community_id, member_id, digits, pepper, now });
    if (vendor !== undefined) await addVendor(trx, community_id, { ...vendor, member_id });
  }
}

async function findOrAddPartner(trx: Writer, name: string, now: Date): Promise<string> {
  await trx
    .insertInto("partner")
    .values({ id: uuid(), name, created_at: now })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const { id } = await trx
    .selectFrom("partner")
    .select("id")
    .where("name", "=", name)
    .executeTakeFirstOrThrow();
  return id;
}

async function addDeeds(
  trx: Writer,
  community_id: string,
  deeds: NewCommunity["deeds"],
  now: Date,
): Promise<void> {
  const rows = deeds.map(
    ({ code, name, value, value_max, unit, units_max, cap, sensitive }, at) => ({
      community_id,
      id: uuid(),
      code,
      name: JSON.stringify(name),
      value,
      value_max: value_max ?? null,
      unit: unit === undefined ? null : JSON.stringify(unit),
      units_max: units_max ?? 1,
      cap_count: cap?.count ?? null,
      cap_days: cap?.days ?? null,
      sensitive: sensitive ?? false,
      position: at + 1,
      valid_from: now,
    }),
  );
  await trx.insertInto("deed").values(rows).execute();
}

async function addRewards(
  trx: Writer,
  community_id: string,
  { rewards, communal_rewards }: NewCommunity,
  now: Date,
): Promise<void> {
  const communal = communal_rewards.map((item) => ({ ...item, kind: "communal", stock: null }));
  const rows = [...rewards, ...communal].map(({ name, stock, ...item }, at) => ({
    ...item,
    community_id,
    id: uuid(),
    name: JSON.stringify(name),
    stock: stock ?? null,
    stock_given: stock ?? null,
    position: at + 1,
    valid_from: now,
  }));
  if (rows.length > 0) await trx.insertInto("reward").values(rows).execute();
}
