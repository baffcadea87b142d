import assert from "node:assert/strict";
import { z } from "zod";
import { listDisputes, lockDispute, readDispute } from "../../domain/dispute-lists.ts";
import { decideDispute } from "../../domain/disputes.ts";
import { conflict, notFound } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, timeAsked, timeQuery } from "../shapes.ts";

const status = z.enum(["open", "upheld", "declined"]);

const dispute = z
  .object({
    id: z.uuid(),
    status,
    receipt: z.string().describe("The disputed receipt's code."),
    member_id: z.uuid().describe("Who raised it."),
    member: z.string(),
    other_id: z.uuid().nullable().describe("The other party; null for the community itself."),
    other: z.string().nullable(),
    journal_id: z.uuid().describe("The journal that is disputed."),
    moved: z.int().describe("iSoCCs that it gave the member; negative for what it took."),
    acted_by: z
      .uuid()
      .nullable()
      .describe(
        "The manager whose own act is disputed, who confirmed or recorded the claim or settled the redemption by PIN, without its key or as the partner's: a party, who does not decide.",
      ),
    words: z.string().nullable().describe("The member's own."),
    raised_at: z.date(),
    manager_id: z.uuid().nullable(),
    manager_upholds: z.boolean().nullable().describe("Null while no manager has decided."),
    partner: z.string().nullable().describe("`key:<id>`: who decided for the partner."),
    partner_upholds: z.boolean().nullable(),
    partner_alone: z
      .boolean()
      .describe(
        "While it is open: no manager may decide, for each is a party, and the partner's decision ends it, also a second one. Once it has ended: no manager decided.",
      ),
    ended_at: z.date().nullable(),
    reversal_id: z.uuid().nullable().describe("The journal that undid it."),
  })
  .meta({ id: "Dispute" });

const decision = z.strictObject({
  upholds: z.boolean().describe("False lets stand what is disputed, whatever a manager decides."),
});

/**
 * Disputes (R17): a manager who is no party decides by phone, the partner here; both must uphold it.
 */
export function disputes(house: House): void {
  const tag = "disputes";
  const all = "/communities/:community/disputes";
  readIn(house, {
    url: all,
    tag,
    summary: "Disputes, the newest first.",
    query: timeQuery.extend({ status: status.optional() }),
    answer: listOf(dispute),
    read: async ({ db, community, query }) => {
      return { answer: listed(await listDisputes(db, community.id, timeAsked(query))) };
    },
  });
  readIn(house, {
    url: `${all}/:id`,
    tag,
    summary: "One dispute.",
    params: idIn,
    answer: dispute,
    read: async ({ db, community, params }) => {
      const found = await readDispute(db, community.id, params.id);
      return found === undefined ? no_such_dispute : { answer: found };
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${all}/:id/decide`,
    tag,
    summary:
      "Decides for the partner. It ends once a manager has decided too, and is undone when both uphold it; where no manager may decide, the partner decides alone.",
    params: idIn,
    body: decision,
    status: 200,
    answer: dispute,
    present: async ({ db, community, params }) => {
      const found = await lockDispute(db, community.id, params.id);
      return found === undefined ? no_such_dispute : { answer: found };
    },
    write: async ({ db, params: { id }, body, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      if ((await lockDispute(db, community.id, id)) === undefined) return no_such_dispute;
      const by = { partner: caller.actor };
      const decided = await decideDispute(context, { dispute_id: id, upholds: body.upholds, by });
      if (decided.type === "decided-before") return decided_before;
      if (decided.type === "remedy-short") return spent(decided.fields.missing);
      const found = await readDispute(db, community.id, id);
      assert(found !== undefined, "a dispute of this transaction is there");
      return { answer: found };
    },
  });
}

const no_such_dispute = notFound("id", "No such dispute");

const decided_before = conflict(
  "This was decided already",
  "It has ended, or waits for a manager: the partner decides once.",
);

const spent = (missing: number) =>
  conflict(
    "What was given has been spent",
    `The account is ${missing} short. Nothing was decided, and it can be tried again.`,
  );
