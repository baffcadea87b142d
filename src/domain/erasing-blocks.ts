import { sql } from "kysely";
import type { Context } from "./context.ts";

/** Why somebody is not erased yet. */
export interface Block {
  readonly why:
    | "balance"
    | "held"
    | "claims"
    | "redemptions"
    | "orders"
    | "cash-outs"
    | "disputes"
    | "guardian"
    | "last-manager"
    | "being-sent";
  /** How many: of iSoCCs, of what waits, or of accounts. */
  readonly count: number;
}

const words: Readonly<Record<Block["why"], (count: number) => string>> = {
  balance: (count) =>
    `${count} SoCC are still theirs: have them spent or sent, or given up (forfeit)`,
  held: (count) => `${count} SoCC are held for what is not finished`,
  claims: (count) => `${count} of their claims wait: have a manager decide, or let them expire`,
  redemptions: (count) => `${count} of their orders wait: have them collected or cancelled`,
  orders: (count) => `${count} orders of others wait for them to hand over`,
  "cash-outs": (count) => `${count} of their cash-outs wait to be paid`,
  disputes: (count) => `${count} disputes they are a party of wait to be decided`,
  guardian: (count) =>
    `they are guardian of ${count}: close those accounts or give them a number first`,
  "last-manager": () => "they are the last manager: appoint another first",
  "being-sent": (count) => `${count} texts to them are being sent: try again in a minute`,
};

/** What is to be done first, in plain words. */
export const blockWords = ({ why, count }: Block): string => words[why](count);

/** What a person can spend, and everything that keeps them from being erased. */
export async function whatBlocks(
  { trx, community }: Pick<Context, "trx" | "community">,
  id: string,
): Promise<{ readonly balance: number; readonly blocks: readonly Block[] }> {
  const here = sql`community_id = ${community.id}`;
  const { rows } = await sql<Readonly<Record<Block["why"], number>>>`
    select
      (
        select coalesce(sum(posted - held), 0)::bigint from ledger.account where ${here} and id = ${id}
      ) as balance,
      (select coalesce(sum(held), 0)::bigint from ledger.account where ${here} and id = ${id}) as held,
      (
        select count(*) from claim where ${here} and member_id = ${id} and state = 'waiting'
      ) as claims,
      (
        select count(*) from redemption where ${here} and member_id = ${id} and state = 'requested'
      ) as redemptions,
      (
        select count(*) from redemption where ${here} and vendor_id = ${id} and state = 'requested'
      ) as orders,
      (
        select count(*) from cash_out where ${here} and vendor_id = ${id} and state = 'asked'
      ) as "cash-outs",
      (
        select count(*) from dispute
        where ${here} and ${id} in (member_id, other_id) and state = 'open'
      ) as disputes,
      (
        select count(*) from member where ${here} and guardian_id = ${id} and status = 'active'
      ) as guardian,
      (
        select count(*) from member as m
        where ${here} and id = ${id} and status = 'active' and 'manager' = any (roles)
          and not exists (
            select from member as other
            where other.community_id = m.community_id and other.id <> m.id
              and other.status = 'active' and 'manager' = any (other.roles)
          )
      ) as "last-manager",
      (
        select count(*) from message where ${here} and member_id = ${id} and state = 'sending'
      ) as "being-sent"
  `.execute(trx);
  const counts = rows[0];
  if (counts === undefined) throw new Error("counts are one row");
  const order = Object.keys(words) as Block["why"][];
  return {
    balance: counts.balance,
    blocks: order.flatMap((why) => (counts[why] > 0 ? [{ why, count: counts[why] }] : [])),
  };
}
