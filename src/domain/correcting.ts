import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { reverse, type Posted } from "../ledger/post.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import { momentIn } from "./format.ts";
import { notify, type Speaker } from "./notify.ts";

export type Corrected =
  | { readonly type: "reversed"; readonly id: string }
  | { readonly type: "no-such-journal" }
  | { readonly type: "already-reversed" }
  | { readonly type: "is-a-reversal" }
  /** What was given has been spent since; so many are missing. */
  | { readonly type: "spent"; readonly missing: number };

type At = Speaker;

/**
 * Corrects a journal by its opposite (R17), never by an edit; everybody whose balance changes by it
 * gets a receipt.
 */
export async function correct(
  context: At,
  spec: { readonly journal_id: string; readonly reason: string; readonly actor: string },
): Promise<Corrected> {
  const { trx, community, now } = context;
  const { journal_id, reason, actor } = spec;
  const answer = await reverse(trx, community.id, {
    id: uuid(),
    once: `reversal:${journal_id}`,
    reverses: journal_id,
    happened_at: now,
    ratio: community.accrual_ratio,
    details: { reason },
  });
  if ("refused" in answer) {
    switch (answer.refused) {
      case "unknown-journal":
        return { type: "no-such-journal" };
      case "already-reversed":
      case "is-a-reversal":
        return { type: answer.refused };
      case "insufficient-balance":
        return { type: "spent", missing: answer.missing };
      case "once-differs":
      case "unknown-account":
      case "wrong-unit":
        // What was posted once has its accounts and units; the name is this reversal's alone.
        assert.fail(`a reversal was refused: ${answer.refused}`);
    }
  }
  const [posted] = answer.posted;
  assert(posted !== undefined, "a reversal is a journal");
  if (posted.repeated) return { type: "already-reversed" };
  await audit(
    trx,
    { community_id: community.id, now },
    {
      actor,
      act: "journal.reversed",
      subject: `journal:${journal_id}`,
      after: { by: posted.id, reason },
    },
  );
  await tellOwners(context, posted, { journal_id, reason });
  return { type: "reversed", id: posted.id };
}

async function tellOwners(
  speaker: At,
  posted: Posted,
  { journal_id, reason }: { readonly journal_id: string; readonly reason: string },
): Promise<void> {
  const { trx, community, now } = speaker;
  const changed = Object.keys(posted.balances);
  if (changed.length === 0) return;
  const owners = await trx
    .selectFrom("member")
    .select(["id", "phone", "language"])
    .where("community_id", "=", community.id)
    .where("id", "in", changed)
    .where("status", "=", "active")
    .execute();
  const { accounts, amounts } = await trx
    .selectFrom("ledger.journal")
    .select(["accounts", "amounts"])
    .where("community_id", "=", community.id)
    .where("id", "=", journal_id)
    .executeTakeFirstOrThrow();
  const undone = new Map(accounts.map((account, at) => [account, -(amounts[at] ?? 0)]));
  const told = owners.map((to) => {
    const amount = undone.get(to.id) ?? 0;
    const fields = {
      receipt: receiptCode(posted.id),
      value: amount > 0 ? `+${amount}` : amount,
      reason,
      when: momentIn(community.time_zone, now),
      balance: posted.balances[to.id] ?? 0,
      help: community.help_number,
    };
    return { to, purpose: "receipt", text: "journal-reversed", fields } as const;
  });
  await notify(speaker, told);
}
