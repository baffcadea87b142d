import assert from "node:assert/strict";
import { v7 as uuid } from "uuid";
import { release, reserve } from "../ledger/hold.ts";
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
  {
    once,
    vendor,
    amount,
    writes_receipt = true,
  }: {
    once: string;
    vendor: Member;
    amount: number;
    /** False where who asks by text is answered by it. */
    writes_receipt?: boolean;
  },
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
  if (writes_receipt)
    await notify(context, [
      { to: vendor, purpose: "receipt", text: "cash-out-asked", fields: asked.fields },
    ]);
  return asked;
}

/** A cash-out that waits to be paid. */
export interface OpenCashOut {
  readonly [key: string]: string | number;
  readonly id: string;
  readonly amount: number;
  readonly cash: string;
  readonly currency: string;
}

const shown_max = 60;

/** A vendor's cash-outs that nobody has paid yet, the newest first. */
export const openCashOuts = async (
  { trx, community }: Context,
  vendor: Pick<Member, "id">,
): Promise<readonly OpenCashOut[]> =>
  await trx
    .selectFrom("cash_out")
    .select(["id", "amount", "cash", "currency"])
    .where("community_id", "=", community.id)
    .where("vendor_id", "=", vendor.id)
    .where("state", "=", "asked")
    .orderBy("asked_at", "desc")
    .limit(shown_max)
    .execute();

export type CashOutCalledOff =
  | {
      readonly type: "called-off";
      readonly fields: {
        readonly amount: number;
        readonly cash: string;
        readonly currency: string;
        readonly balance: number;
      };
    }
  /** It has been paid, or called off before. */
  | { readonly type: "ended-before" };

/**
 * A vendor calls off a cash-out that is not paid yet: what was held is theirs to spend again. Whoever
 * pays it at the same moment waits at its row, and one of the two finds that it has ended.
 */
export async function callOffCashOut(
  { trx, community, now }: Context,
  { vendor, cash_out_id }: { vendor: Pick<Member, "id">; cash_out_id: string },
): Promise<CashOutCalledOff> {
  const row = await trx
    .selectFrom("cash_out")
    .select(["amount", "cash", "currency", "hold_id"])
    .where("community_id", "=", community.id)
    .where("id", "=", cash_out_id)
    .where("vendor_id", "=", vendor.id)
    .where("state", "=", "asked")
    .forUpdate()
    .executeTakeFirst();
  if (row === undefined) return { type: "ended-before" };
  const { hold_id, ...fields } = row;
  await trx
    .updateTable("cash_out")
    .set({ state: "cancelled", ended_at: now, ended_by: `member:${vendor.id}` })
    .where("community_id", "=", community.id)
    .where("id", "=", cash_out_id)
    .execute();
  const answer = await release(trx, community.id, hold_id);
  assert("ended" in answer, `a hold was not released: ${JSON.stringify(answer)}`);
  return { type: "called-off", fields: { ...fields, balance: answer.balance } };
}
