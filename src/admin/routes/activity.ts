import { z } from "zod";
import { listClaims, listCashOuts, listRedemptions } from "../../domain/activity-lists.ts";
import { markPaid } from "../../domain/cash-out-payment.ts";
import { conflict, notFound } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, timeAsked, timeQuery } from "../shapes.ts";

const claim_status = z.enum(["waiting", "confirmed", "rejected", "expired"]);
const redemption_status = z.enum(["requested", "fulfilled", "cancelled", "expired"]);
const cash_out_status = z.enum(["asked", "paid", "cancelled"]);

const claim = z
  .object({
    id: z.uuid(),
    code: z.string(),
    status: claim_status,
    member_id: z.uuid(),
    member: z.string(),
    deed: z.string().describe("The deed's code."),
    units: z.int(),
    value: z.int().describe("iSoCCs, as the menu said when it was claimed."),
    claimed_at: z.date(),
    expires_at: z.date(),
    decided_at: z.date().nullable(),
    decided_by: z.uuid().nullable(),
    reason: z.string().nullable(),
    journal_id: z.uuid().nullable(),
  })
  .meta({ id: "Claim" });

const redemption = z
  .object({
    id: z.uuid(),
    status: redemption_status,
    member_id: z.uuid(),
    member: z.string(),
    vendor_id: z.uuid().nullable().describe("Null where the partner hands it over."),
    vendor: z.string().nullable(),
    reward: z.string().describe("The reward's code."),
    amount: z.int().describe("iSoCCs; 0 for an unlock."),
    requested_at: z.date(),
    expires_at: z.date(),
    ended_at: z.date().nullable(),
    ended_by: z.uuid().nullable(),
    without_key: z.boolean().describe("Settled by a manager's PIN."),
    journal_id: z.uuid().nullable(),
  })
  .meta({ id: "Redemption" });

const cashOut = z
  .object({
    id: z.uuid(),
    status: cash_out_status,
    vendor_id: z.uuid(),
    vendor: z.string(),
    amount: z.int().describe("iSoCCs."),
    cash: z.string().describe("What the partner owes for them."),
    currency: z.string(),
    asked_at: z.date(),
    ended_at: z.date().nullable(),
    ended_by: z.string().nullable(),
    journal_id: z.uuid().nullable(),
  })
  .meta({ id: "CashOut" });

/** What happens in a community: claims, redemptions, cash-outs. */
export function activity(house: House): void {
  const tag = "activity";
  readIn(house, {
    url: "/communities/:community/claims",
    tag,
    summary: "Claims, the newest first.",
    query: timeQuery.extend({ status: claim_status.optional() }),
    answer: listOf(claim),
    read: async ({ db, community, query }) => ({
      answer: listed(await listClaims(db, community.id, timeAsked(query))),
    }),
  });
  readIn(house, {
    url: "/communities/:community/redemptions",
    tag,
    summary: "Redemptions, the newest first; never their codes and keys.",
    query: timeQuery.extend({ status: redemption_status.optional() }),
    answer: listOf(redemption),
    read: async ({ db, community, query }) => ({
      answer: listed(await listRedemptions(db, community.id, timeAsked(query))),
    }),
  });
  readIn(house, {
    url: "/communities/:community/cash-outs",
    tag,
    summary: "Vendors' cash-outs, the newest first.",
    query: timeQuery.extend({ status: cash_out_status.optional() }),
    answer: listOf(cashOut),
    read: async ({ db, community, query }) => ({
      answer: listed(await listCashOuts(db, community.id, timeAsked(query))),
    }),
  });
  writeIn(house, {
    method: "POST",
    url: "/communities/:community/cash-outs/:id/paid",
    tag,
    summary: "Marks a cash-out as paid: its SoCCs are settled, and the vendor gets a receipt.",
    params: idIn,
    status: 200,
    answer: cashOut,
    write: async ({ db, params, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      const paid = await markPaid(context, { id: params.id, actor: caller.actor });
      if (paid.type === "paid") return { answer: paid.cash_out };
      if (paid.type === "no-such-cash-out") return notFound("id", "No such cash-out");
      return conflict("This cash-out has ended", `It is ${paid.status}; nothing was paid twice.`);
    },
  });
}
