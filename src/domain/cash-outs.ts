import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { reserve } from "../ledger/hold.ts";
import { balanceOf } from "../ledger/statement.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { moneyFor } from "./money.ts";
import { notify } from "./notify.ts";

export type CashOutAsked =
  | {
      readonly type: "cash-out-asked";
      readonly fields: {
        readonly amount: number;
        readonly cash: string;
        readonly currency: string;
        readonly balance: number;
      };
    }
  /** A CSR vendor, or a community whose vendors take no cash (R15). */
  | { readonly type: "no-cash" }
  | { readonly type: "balance-too-low"; readonly fields: { readonly missing: number } };

/** A hold ends by being paid or called off, never by itself. */
const hold_days = 3_650;

/**
 * A vendor asks to be paid for iSoCCs at the community's fixed value (R15): they are held until the
 * partner marks the cash-out as paid. Asking again under the same `once` answers with the first.
 */
export async function askCashOut(
  context: Context,
  { once, vendor, amount }: { once: string; vendor: Member; amount: number },
): Promise<CashOutAsked> {
  const { trx, community, now } = context;
  const { cash_out_value, currency } = community;
  const agreed = await trx
    .selectFrom("vendor")
    .select("agreement")
    .where("community_id", "=", community.id)
    .where("member_id", "=", vendor.id)
    .executeTakeFirst();
  if (agreed?.agreement !== "small" || cash_out_value === null) return { type: "no-cash" };
  const cash = moneyFor(amount, cash_out_value);
  const told = (balance: number) => ({
    type: "cash-out-asked" as const,
    fields: { amount, cash, currency, balance },
  });
  const known = await trx
    .selectFrom("cash_out")
    .select("id")
    .where("community_id", "=", community.id)
    .where("once", "=", once)
    .executeTakeFirst();
  if (known !== undefined) return told(await balanceOf(trx, community.id, vendor.id));

  const id = uuid();
  const answer = await reserve(trx, community.id, {
    id,
    once,
    account: vendor.id,
    amount,
    expires_at: new Date(now.getTime() + hold_days * 86_400_000),
  });
  if (!("reserved" in answer)) {
    assert(answer.refused === "insufficient-balance", `a hold was refused: ${answer.refused}`);
    return { type: "balance-too-low", fields: { missing: answer.missing } };
  }
  await trx
    .insertInto("cash_out")
    .values({
      community_id: community.id,
      id,
      once,
      vendor_id: vendor.id,
      amount,
      cash,
      currency,
      hold_id: answer.reserved,
      asked_at: now,
    })
    .execute();
  const asked = told(answer.balance);
  await notify(context, [
    { to: vendor, purpose: "receipt", text: "cash-out-asked", fields: asked.fields },
  ]);
  return asked;
}
