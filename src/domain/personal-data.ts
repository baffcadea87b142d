import { sql, type RawBuilder } from "kysely";
import type { Reader, Writer } from "../db/database.ts";
import { audit } from "./audit.ts";
import type { At } from "./enrolling.ts";
import { phonesOf, type PhonesOf } from "./phones-of.ts";

type Row = Readonly<Record<string, unknown>>;

/** Everything held of one person in one community. */
export interface PersonalData {
  readonly community: string;
  readonly exported_at: Date;
  /** By part: `member`, `claims`, `texts` and so on, each a list of rows, the oldest first. */
  readonly parts: Readonly<Record<string, readonly Row[]>>;
  /** Parts that hold more than an export shows; none but for a vendor of many years. */
  readonly cut_off: readonly string[];
}

interface Part {
  readonly name: string;
  readonly table: string;
  /** The column with the person's id. */
  readonly by: string;
  readonly order: string;
  /** What proves or opens something, and other people's words. */
  readonly hidden?: readonly string[];
}

/**
 * Where a person's id stands as the one it is about. What somebody did in an office, as a manager who
 * decided or a witness, is in the audit log; `acted` names those columns, which are nobody's data
 * but the other person's. A test reads the catalogue and fails on a column that is in neither list.
 */
export const parts: readonly Part[] = [
  { name: "member", table: "member", by: "id", order: "created_at" },
  { name: "pin", table: "pin", by: "member_id", order: "changed_at" },
  { name: "vendor", table: "vendor", by: "member_id", order: "member_id" },
  { name: "rewards_served", table: "reward_vendor", by: "vendor_id", order: "reward_code" },
  { name: "wrong_tries", table: "vendor_wrong_tries", by: "vendor_id", order: "day" },
  { name: "claims", table: "claim", by: "member_id", order: "claimed_at" },
  { name: "redemptions", table: "redemption", by: "member_id", order: "requested_at" },
  { name: "handed_over", table: "redemption", by: "vendor_id", order: "requested_at" },
  { name: "cash_outs", table: "cash_out", by: "vendor_id", order: "asked_at" },
  { name: "disputes", table: "dispute", by: "member_id", order: "raised_at" },
  {
    name: "disputed_by_others",
    table: "dispute",
    by: "other_id",
    order: "raised_at",
    hidden: ["words"],
  },
  { name: "number_changes", table: "number_change", by: "member_id", order: "asked_at" },
  { name: "asked_to_join_for", table: "join_request", by: "guardian_id", order: "asked_at" },
  { name: "waiting_sends", table: "pending_send", by: "sender_id", order: "expires_at" },
  {
    name: "waiting_commands",
    table: "waiting_command",
    by: "member_id",
    order: "expires_at",
    hidden: ["word_digest", "command"],
  },
  { name: "votes", table: "vote", by: "member_id", order: "voted_at", hidden: ["onces"] },
  { name: "texts_from", table: "inbound_message", by: "member_id", order: "received_at" },
  { name: "accounts", table: "ledger.account", by: "id", order: "stripe" },
  { name: "holds", table: "ledger.hold", by: "account_id", order: "id" },
];

/** Never shown, in whichever part. */
const secrets = ["hash", "code_digest", "key_digest", "sealed", "once"];

/** `table.column`: other people's rows in which somebody acted, or was about to be acted on. */
export const acted: readonly string[] = [
  "member.guardian_id",
  "pin.reset_by",
  "claim.decided_by",
  "redemption.ended_by",
  "join_request.decided_by",
  "number_change.witness_id",
  "dispute.manager_id",
  "dispute.acted_by",
  "pending_send.recipient_id",
  // By their phone, below.
  "message.member_id",
];

/** Most rows of one part: an answer has to fit into memory. */
const rows_max = 20_000;

async function exportPerson(trx: Writer, at: At, id: string): Promise<PersonalData | undefined> {
  const { community, now, actor } = at;
  const phones = await phonesOf(trx, community.id, id);
  if (phones === undefined) return undefined;
  const found: Record<string, readonly Row[]> = {};
  for (const part of parts) found[part.name] = await rowsOf(trx, ofPart(community.id, part, id));
  for (const [name, rows] of Object.entries(await otherParts(trx, community.id, id, phones)))
    found[name] = rows;
  const cut_off = Object.keys(found).filter((name) => (found[name]?.length ?? 0) > rows_max);
  for (const name of cut_off) found[name] = found[name]?.slice(0, rows_max) ?? [];
  await audit(
    trx,
    { community_id: community.id, now },
    { actor, act: "member.exported", subject: `member:${id}` },
  );
  return { community: community.slug, exported_at: now, parts: found, cut_off };
}

/**
 * Exports everything held of a person in one snapshot, and says so in the audit log (R31). Not in it
 * are PINs, codes and keys, which nobody can read; a call of the last hour; and what others typed.
 * @returns undefined when there is no such member.
 */
export const exportInSnapshot = (
  db: Reader,
  at: At,
  id: string,
): Promise<PersonalData | undefined> =>
  db
    .transaction()
    .setIsolationLevel("repeatable read")
    .execute((trx) => exportPerson(trx, at, id));

const ofPart = (community_id: string, { table, by, order, hidden = [] }: Part, id: string) => sql`
  select to_jsonb(t) - ${[...secrets, ...hidden]}::text[] as row
  from ${sql.table(table)} as t
  where t.community_id = ${community_id} and ${sql.ref(`t.${by}`)} = ${id}
  order by ${sql.ref(`t.${order}`)}
  limit ${rows_max + 1}
`;

async function rowsOf(db: Reader, query: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows } = await (query as RawBuilder<{ row: Row }>).execute(db);
  return rows.map(({ row }) => row);
}

/** What is found by more than a column of one table. */
async function otherParts(
  trx: Writer,
  community_id: string,
  id: string,
  { all, own }: PhonesOf,
): Promise<Readonly<Record<string, readonly Row[]>>> {
  const limit = sql`limit ${rows_max + 1}`;
  const book = sql`
    select jsonb_build_object(
      'seq', e.seq, 'amount', e.amount, 'unit', e.unit, 'balance_after', e.balance_after,
      'journal_id', j.id, 'kind', j.kind, 'happened_at', j.happened_at,
      'recorded_at', j.recorded_at, 'reverses', j.reverses, 'details', j.details
    ) as row
    from ledger.entry as e
    join ledger.journal as j on j.community_id = e.community_id and j.id = e.journal_id
    where e.community_id = ${community_id} and e.account_id = ${id} and e.stripe = 0
    order by e.seq ${limit}
  `;
  const texts = sql`
    select to_jsonb(t) - ${secrets}::text[] as row
    from message as t
    where t.community_id = ${community_id} and (
      (
        t.recipient = any (${all}::text[])
        and (t.member_id = ${id} or (t.member_id is null and t.recipient = any (${own}::text[])))
      )
      -- Its words and its number are gone.
      or (t.recipient = '' and t.member_id = ${id})
    )
    order by t.created_at ${limit}
  `;
  const asked = sql`
    select to_jsonb(t) - ${secrets}::text[] as row from join_request as t
    where t.community_id = ${community_id} and t.phone = any (${own}::text[])
    order by t.asked_at ${limit}
  `;
  const stopped = sql`
    select to_jsonb(t) as row from opt_out as t
    where t.community_id = ${community_id} and t.phone = any (${own}::text[])
  `;
  const reports = sql`
    select to_jsonb(t) as row from delivery_report as t
    where t.recipient = any (${own}::text[])
      and exists (
        select from message as m
        where m.gateway_id = t.gateway_id and m.community_id = ${community_id}
      )
    order by t.received_at ${limit}
  `;
  const wards = sql`
    select jsonb_build_object('id', t.id) as row from member as t
    where t.community_id = ${community_id} and t.guardian_id = ${id}
  `;
  const about = sql`
    select jsonb_build_object(
      'at', t.at, 'actor', t.actor, 'act', t.act, 'before', t.before, 'after', t.after
    ) as row
    from audit_event as t
    where t.community_id = ${community_id} and t.subject = ${`member:${id}`}
    order by t.id ${limit}
  `;
  // What it was done to is somebody else's.
  const acts = sql`
    select jsonb_build_object('at', t.at, 'act', t.act, 'subject', t.subject) as row
    from audit_event as t
    where t.community_id = ${community_id} and t.actor = ${`member:${id}`}
    order by t.id ${limit}
  `;
  return {
    book: await rowsOf(trx, book),
    texts: await rowsOf(trx, texts),
    asked_to_join: await rowsOf(trx, asked),
    stopped_texts: await rowsOf(trx, stopped),
    delivery_reports: await rowsOf(trx, reports),
    guardian_of: await rowsOf(trx, wards),
    audit: await rowsOf(trx, about),
    acts: await rowsOf(trx, acts),
  };
}
