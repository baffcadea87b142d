import { sql, type Kysely } from "kysely";
import { v7 as uuid } from "uuid";
import type { Writer } from "../../src/db/database.ts";
import type { DB } from "../../src/db/types.ts";
import { chart } from "../../src/ledger/chart.ts";
import type { Journal } from "../../src/ledger/post.ts";

/** A community with members and nothing else: all the ledger needs. */
export interface Community {
  readonly id: string;
  readonly members: readonly string[];
}

/** Founds it as the schema's owner, in two round trips. */
export async function foundLedger(owner: Kysely<DB>, members_count: number): Promise<Community> {
  const id = uuid();
  const members = Array.from({ length: members_count }, () => uuid());
  await sql`
    with p as (
      insert into partner (id, name, created_at) values (${uuid()}, ${id}, now()) returning id
    )
    insert into community (
      id, partner_id, slug, name, country, currency, time_zone, languages, help_number,
      accrual_ratio, created_at
    )
    select ${id}, p.id, ${`c-${id}`}, 'Test', 'KE', 'KES', 'Africa/Nairobi', '{en}', '0', 5, now()
    from p
  `.execute(owner);
  await sql`
    select ledger.open_community(${id}), count(ledger.open_account(${id}, member, 'member'))
    from unnest(${members}::uuid[]) as member
  `.execute(owner);
  return { id, members };
}

/** Each call is its own transaction: one round trip, as the types of the ledger do not ask. */
export const autocommit = (db: Kysely<DB>): Writer => db as unknown as Writer;

const happened_at = new Date("2026-03-14T14:40:00Z");

export const earning = (
  member: string,
  amount: number,
  ratio = 5,
  once: string = uuid(),
): Journal => ({
  id: uuid(),
  once,
  kind: "earning",
  happened_at,
  legs: [
    { account: chart.issuance, unit: "iSoCC", amount: -amount },
    { account: member, unit: "iSoCC", amount },
  ],
  accrual: { earner: member, ratio },
});

export const transfer = (
  from: string,
  to: string,
  amount: number,
  once: string = uuid(),
): Journal => ({
  id: uuid(),
  once,
  kind: "transfer",
  happened_at,
  legs: [
    { account: from, unit: "iSoCC", amount: -amount },
    { account: to, unit: "iSoCC", amount },
  ],
});

export const cacheSpending = (amount: number, once: string = uuid()): Journal => ({
  id: uuid(),
  once,
  kind: "communal-reward",
  happened_at,
  legs: [
    { account: chart.cache, unit: "commSoCC", amount: -amount },
    { account: chart.comm_settlement, unit: "commSoCC", amount },
  ],
});
