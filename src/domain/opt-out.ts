import type { Kysely } from "kysely";
import { inTransaction } from "../db/transaction.ts";
import type { DB } from "../db/types.ts";
import { endOptOut, recordOptOuts } from "../outbox/opt-out.ts";
import { audit } from "./audit.ts";
import { channelsWritten, communityById } from "./communities.ts";
import type { Context } from "./context.ts";
import { doEach } from "./do-each.ts";
import { managersOf, type Member } from "./members.ts";
import { notify } from "./notify.ts";

export interface Stopped {
  /** A manager is told that claims no longer come by text; the last one, that nobody is asked now. */
  readonly type: "stopped" | "manager" | "last-manager";
  readonly fields: { readonly help: string };
}

/** Whose phone it is; null for one that is nobody's here. */
interface Texter {
  readonly id: string | null;
  readonly phone: string;
}

/**
 * STOP (R32): from now on this phone gets receipts, codes, notices of its PIN and number, and
 * answers, but no requests and no reminders. When it is a manager's, the others are told, since
 * claims now wait for them. Again, it changes nothing and is answered the same.
 */
export async function stopTexts(context: Context, who: Texter): Promise<Stopped> {
  const { trx, community, now } = context;
  const here = { community_id: community.id, phone: who.phone };
  const news = await recordOptOuts(trx, [here], { source: "text", now });
  if (news.length > 0) await note(context, who.phone, actorOf(who));
  const { asked, own } = await managersBy(context, who.phone);
  const type = own.length === 0 ? "stopped" : asked.length === 0 ? "last-manager" : "manager";
  return { type, fields: { help: community.help_number } };
}

/** START: this phone gets every text again. */
export async function startTexts(
  { trx, community, now }: Context,
  who: Texter,
): Promise<{ readonly type: "started"; readonly fields: { readonly help: string } }> {
  const ended = await endOptOut(trx, { community_id: community.id, phone: who.phone }, now);
  if (ended && who.id !== null)
    await audit(
      trx,
      { community_id: community.id, now },
      { actor: actorOf(who), act: "member.opted-in", subject: `member:${who.id}` },
    );
  return { type: "started", fields: { help: community.help_number } };
}

/**
 * The provider says that a phone has opted out of a sender: of the community whose number it is, or
 * where several share a sender's name, of every one that the phone belongs to.
 * @returns of how many communities this was news.
 */
export async function optOutByProvider(
  db: Kysely<DB>,
  { sender_id, phone }: { sender_id: string; phone: string },
  now: Date,
): Promise<number> {
  const owner = await db
    .selectFrom("community")
    .select("id")
    .where("sms_number", "in", channelsWritten(sender_id))
    .executeTakeFirst();
  const communities = owner
    ? [owner.id]
    : (
        await db
          .selectFrom("member")
          .select("community_id")
          .distinct()
          .where("phone", "=", phone)
          .execute()
      ).map(({ community_id }) => community_id);
  const phones = communities.map((community_id) => ({ community_id, phone }));
  return (await recordOptOuts(db, phones, { source: "callback", now })).length;
}

/**
 * Does for opt-outs that were learnt from the provider what STOP does at once: writes them into the
 * audit log, and tells the other managers when a manager is no longer asked. Several processes may call
 * it; each opt-out is noted once.
 * @param of.stop ends it between two of them; what is left comes next time.
 * @returns how many there were to note.
 */
export async function noteOptOuts(
  db: Kysely<DB>,
  of: Pick<Context, "say" | "pepper"> & { readonly now: () => Date; readonly stop: AbortSignal },
): Promise<number> {
  const { now, stop, ...speaker } = of;
  const waiting = await db
    .selectFrom("opt_out")
    .select(["opt_out.community_id", "opt_out.phone"])
    .where("noted_at", "is", null)
    .limit(100)
    .execute();
  await doEach(waiting, stop, ({ community_id, phone }) =>
    inTransaction(db, async (trx) => {
      const community = await communityById(trx, community_id);
      if (community === undefined) return;
      const mine = await trx
        .selectFrom("opt_out")
        .select("phone")
        .where("community_id", "=", community.id)
        .where("phone", "=", phone)
        .where("noted_at", "is", null)
        .forUpdate()
        .skipLocked()
        .executeTakeFirst();
      if (mine !== undefined)
        await note({ ...speaker, trx, community, now: now() }, phone, "service");
    }),
  );
  return waiting.length;
}

const actorOf = ({ id }: Texter): string => (id === null ? "service" : `member:${id}`);

async function note(context: Context, phone: string, actor: string): Promise<void> {
  const { trx, community, now } = context;
  const { asked, own } = await managersBy(context, phone);
  const accounts = await trx
    .selectFrom("member")
    .select("id")
    .where("community_id", "=", community.id)
    .where("phone", "=", phone)
    .where("status", "=", "active")
    .execute();
  for (const { id } of accounts)
    await audit(
      trx,
      { community_id: community.id, now },
      {
        actor,
        act: "member.opted-out",
        subject: `member:${id}`,
        // With none left, claims are seen only by those who look for them.
        ...(own.length > 0 && { after: { managers_still_asked: asked.length } }),
      },
    );
  const [manager] = own;
  if (manager !== undefined)
    await notify(
      context,
      asked.map((other) => ({
        to: other,
        purpose: "request",
        text: "manager-stopped",
        fields: { name: manager.name, count: asked.length },
      })),
    );
  await trx
    .updateTable("opt_out")
    .set({ noted_at: now })
    .where("community_id", "=", community.id)
    .where("phone", "=", phone)
    .execute();
}

/** The managers that a phone serves, and the others that are still asked by text. */
async function managersBy(
  { trx, community }: Context,
  phone: string,
): Promise<{ readonly asked: readonly Member[]; readonly own: readonly Member[] }> {
  const managers = await managersOf(trx, community.id);
  const out = await trx
    .selectFrom("opt_out")
    .select("phone")
    .where("community_id", "=", community.id)
    .where("ended_at", "is", null)
    .where(
      "phone",
      "in",
      managers.map((manager) => manager.phone),
    )
    .execute();
  const stopped = new Set([phone, ...out.map((row) => row.phone)]);
  return {
    asked: managers.filter((manager) => !stopped.has(manager.phone)),
    own: managers.filter((manager) => manager.phone === phone),
  };
}
