import assert from "node:assert/strict";
import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { chart } from "../ledger/chart.ts";
import { post } from "../ledger/post.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import type { Context } from "./context.ts";
import type { At } from "./enrolling.ts";
import { whatBlocks, type Block } from "./erasing-blocks.ts";
import { forgetNames, namesOf } from "./forgetting-names.ts";
import { phonesOf, type PhonesOf } from "./phones-of.ts";
import { forgetStranger } from "./strangers.ts";

/** What stands in place of the name of one who was erased. */
const former = "former member";

export type Erased =
  | {
      readonly type: "erased";
      /** iSoCCs that were given up, and the receipt's code of that; null where there were none. */
      readonly forfeited: { readonly amount: number; readonly receipt: string } | null;
    }
  | { readonly type: "no-such-member" }
  | { readonly type: "erased-before" }
  /** Everything that is to be done first. */
  | { readonly type: "blocked"; readonly by: readonly Block[] };

/**
 * Erases a person and keeps the ledger: their name, number, language, PIN, texts, typed words and what
 * is kept of their number are gone or replaced, the account is closed for good, and every journal and
 * entry stays as it is under an id that is nobody's any more. The number can be enrolled again, as a
 * new person.
 *
 * They are told nothing: to send them a text would be to keep their number.
 * @param forfeit gives up what they could still spend, by a journal of its own to the settlement
 *   account: it left the community, as what is paid out does, and its kind says that nobody was paid.
 *   What was earned stays earned.
 */
export async function erasePerson(
  context: At & Pick<Context, "trx" | "pepper">,
  { id, forfeit }: { id: string; forfeit: boolean },
): Promise<Erased> {
  const { trx, community, now, actor } = context;
  const person = await lockPerson(trx, community.id, id);
  if (person === undefined) return { type: "no-such-member" };
  if (person.erased_at !== null) return { type: "erased-before" };
  const { balance, blocks } = await whatBlocks(context, id);
  const by = blocks.filter(({ why }) => !(forfeit && why === "balance"));
  if (by.length > 0) return { type: "blocked", by };

  const phones = await phonesOf(trx, community.id, id);
  assert(phones !== undefined, "a member who is locked is there");
  const names = await namesOf(trx, community.id, id, phones);
  await emptyTexts(context, id, phones);
  await removeRows(context, id, phones);
  await replacePerson(context, id);
  await forgetNames(trx, { community_id: community.id, id, names });
  const forfeited = balance > 0 ? await giveUp(context, id, balance) : null;
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "member.erased",
      subject: `member:${id}`,
      after: { forfeited: forfeited?.amount ?? 0 },
    },
  );
  return { type: "erased", forfeited };
}

/** Held whole, so that whatever is writing of them has ended, and nothing new refers to them yet. */
const lockPerson = (trx: Writer, community_id: string, id: string) =>
  trx
    .selectFrom("member")
    .select("erased_at")
    .where("community_id", "=", community_id)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();

/** Their texts keep what became of them and what they cost; one that still waits is not sent. */
async function emptyTexts(
  { trx, community, now }: At & Pick<Context, "trx">,
  id: string,
  { all, own }: PhonesOf,
): Promise<void> {
  // Reports first: they are found by the ids of the texts they are of.
  await sql`
    delete from delivery_report as r
    where r.recipient = any (${own}::text[])
      and not exists (
        select from message as m
        where m.gateway_id = r.gateway_id and m.community_id <> ${community.id}
      )
  `.execute(trx);
  await sql`
    update message
    set recipient = '', text = '', sealed = null, updated_at = ${now},
      state = case state when 'queued' then 'failed' else state end,
      reason = case state when 'queued' then 'the member was erased' else reason end,
      due_at = null
    where community_id = ${community.id} and recipient = any (${all}::text[])
      and (member_id = ${id} or (member_id is null and recipient = any (${own}::text[])))
  `.execute(trx);
  await trx
    .updateTable("inbound_message")
    .set({ text: "" })
    .where("community_id", "=", community.id)
    .where("member_id", "=", id)
    .execute();
}

/** Rows that are gone with whom they are of: each table, and its column with their id. */
const theirs = [
  ["pin", "member_id"],
  ["pending_send", "sender_id"],
  ["pending_send", "recipient_id"],
  ["waiting_command", "member_id"],
  ["number_change", "member_id"],
  ["reward_vendor", "vendor_id"],
] as const;

/** What is kept of them beside the account and what they did. */
async function removeRows(
  { trx, community, now, pepper }: At & Pick<Context, "trx" | "pepper">,
  id: string,
  { own }: PhonesOf,
): Promise<void> {
  const here = community.id;
  for (const [table, column] of theirs)
    await sql`
      delete from ${sql.table(table)} where community_id = ${here} and ${sql.ref(column)} = ${id}
    `.execute(trx);
  await sql`
    delete from join_request
    where community_id = ${here} and (phone = any (${own}::text[]) or guardian_id = ${id})
  `.execute(trx);
  await sql`
    delete from opt_out where community_id = ${here} and phone = any (${own}::text[])
  `.execute(trx);
  for (const phone of own) await forgetStranger({ trx, community, now, pepper }, phone);
}

async function replacePerson(
  { trx, community, now }: At & Pick<Context, "trx">,
  id: string,
): Promise<void> {
  await trx
    .updateTable("vendor")
    .set({ place: "-", wrong_tries: 0, locked_until: null })
    .where("community_id", "=", community.id)
    .where("member_id", "=", id)
    .execute();
  await trx
    .updateTable("dispute")
    .set({ words: null })
    .where("community_id", "=", community.id)
    .where("member_id", "=", id)
    .execute();
  await trx
    .updateTable("member")
    .set({
      name: former,
      phone: "",
      language: community.languages[0] ?? "en",
      // What its account in the ledger is stays.
      roles: sql<string[]>`
        case when roles && array['vendor', 'group'] then roles else '{member}' end
      `,
      status: "closed",
      guardian_id: null,
      active_at: null,
      erased_at: now,
    })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
}

async function giveUp(
  { trx, community, now }: At & Pick<Context, "trx">,
  id: string,
  amount: number,
): Promise<{ amount: number; receipt: string }> {
  const answer = await post(trx, community.id, [
    {
      id: uuid(),
      once: `forfeit:${id}`,
      kind: "forfeit",
      happened_at: now,
      legs: [
        { account: id, unit: "iSoCC", amount: -amount },
        { account: chart.settlement, unit: "iSoCC", amount },
      ],
    },
  ]);
  if ("refused" in answer) throw new Error(`nothing was erased: ${answer.refused}`);
  const [posted] = answer.posted;
  assert(posted !== undefined, "one journal was asked for");
  return { amount, receipt: receiptCode(posted.id) };
}
