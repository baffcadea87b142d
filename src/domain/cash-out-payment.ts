import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import type { Writer } from "../db/database.ts";
import { chart } from "../ledger/chart.ts";
import { capture } from "../ledger/hold.ts";
import type { Journal, Posted } from "../ledger/post.ts";
import { readCashOut, type CashOutRecord } from "./activity-lists.ts";
import { audit } from "./audit.ts";
import { receiptCode } from "./codes.ts";
import type { Community } from "./communities.ts";
import { momentIn } from "./format.ts";
import { notify, type Speaker } from "./notify.ts";

export type Paid =
  | { readonly type: "paid"; readonly cash_out: CashOutRecord }
  | { readonly type: "no-such-cash-out" }
  /** It was paid or cancelled before, or the vendor's SoCCs are no longer held. */
  | { readonly type: "ended"; readonly status: string };

/**
 * Settles a cash-out that the partner has paid (R15): the SoCCs that were held leave the vendor for
 * the settlement account, and the vendor gets a receipt, all in this transaction.
 */
export async function markPaid(
  context: Speaker,
  spec: { readonly id: string; readonly actor: string },
): Promise<Paid> {
  const { trx, community, now } = context;
  const { id, actor } = spec;
  const asked = await lockCashOut(trx, community, id);
  if (asked === undefined) return { type: "no-such-cash-out" };
  if (asked.state !== "asked") return { type: "ended", status: asked.state };

  const captured = await capture(trx, community.id, asked.hold_id, payment(id, asked, now));
  if ("refused" in captured) {
    if (captured.refused === "hold-ended") return { type: "ended", status: captured.outcome };
    // The hold is of this amount on this account, and settlement has no floor.
    assert.fail(`a payment was refused: ${captured.refused}`);
  }
  const [posted] = captured.posted;
  assert(posted !== undefined, "a captured hold is a journal");
  await trx
    .updateTable("cash_out")
    .set({ state: "paid", ended_at: now, ended_by: actor, journal_id: posted.id })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
  const { amount, cash, currency } = asked;
  await audit(
    trx,
    { community_id: community.id, now },
    { actor, act: "cash-out.paid", subject: `cash-out:${id}`, after: { amount, cash, currency } },
  );
  await tellVendor(context, asked, posted);
  const cash_out = await readCashOut(trx, community.id, id);
  assert(cash_out !== undefined, "a cash-out that was paid is there");
  return { type: "paid", cash_out };
}

type Asked = NonNullable<Awaited<ReturnType<typeof lockCashOut>>>;

const lockCashOut = (trx: Writer, community: Community, id: string) =>
  trx
    .selectFrom("cash_out")
    .select(["vendor_id", "amount", "cash", "currency", "hold_id", "state"])
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();

const payment = (id: string, { vendor_id, amount }: Asked, now: Date): Journal => ({
  id: uuid(),
  once: `cash-out:${id}`,
  kind: "cash-out",
  happened_at: now,
  legs: [
    { account: vendor_id, unit: "iSoCC", amount: -amount },
    { account: chart.settlement, unit: "iSoCC", amount },
  ],
  details: { cash_out_id: id },
});

async function tellVendor(
  speaker: Speaker,
  { vendor_id, amount, cash, currency }: Asked,
  posted: Posted,
): Promise<void> {
  const { trx, community, now } = speaker;
  const vendor = await trx
    .selectFrom("member")
    .select(["id", "phone", "language"])
    .where("community_id", "=", community.id)
    .where("id", "=", vendor_id)
    .executeTakeFirstOrThrow();
  const fields = {
    receipt: receiptCode(posted.id),
    value: amount,
    cash: `${currency} ${cash}`,
    when: momentIn(community.time_zone, now),
    balance: posted.balances[vendor_id] ?? 0,
    help: community.help_number,
  };
  await notify(speaker, [{ to: vendor, purpose: "receipt", text: "cash-out-paid", fields }]);
}
