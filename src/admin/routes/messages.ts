import { z } from "zod";
import { listTexts, resendText, settleText } from "../../domain/messages.ts";
import { conflict, notFound, problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listOf, spanOf, timeQuery } from "../shapes.ts";

const status = z.enum(["queued", "sending", "sent", "delivered", "failed", "unknown"]);

/** What the gateway said it takes for texts. */
export const textCost = z
  .object({
    currency: z.string().describe("ISO 4217, as the gateway bills."),
    amount: z.string().describe("An exact decimal, such as `0.8000`."),
  })
  .meta({ id: "TextCost" });

const message = z
  .object({
    id: z.uuid(),
    status,
    recipient: z.string().describe("Masked; empty once its time is over."),
    member_id: z.uuid().nullable(),
    purpose: z.string(),
    text: z
      .string()
      .describe("With `****` where only its reader may know; empty once its time is over."),
    segments: z.int(),
    cost: textCost.nullable().describe("Null until it is sent, and where the gateway did not say."),
    attempts: z.int().describe("How often it was handed to the gateway."),
    reason: z.string().nullable().describe("Why it failed, waits or is unknown."),
    resend_of: z.uuid().nullable().describe("The text that was sent again as this one."),
    created_at: z.date(),
    updated_at: z.date(),
  })
  .meta({ id: "Message" });

const query = timeQuery.extend({
  cursor: z.string().max(100).optional().describe("What `next` of the page before said."),
  status: status.optional(),
});

/** Outgoing texts. */
export function messages(house: House): void {
  addReading(house);
  addOperating(house);
}

const tag = "messages";
const all = "/communities/:community/messages";

function addReading(house: House): void {
  readIn(house, {
    url: all,
    tag,
    summary: "Outgoing texts and what became of them, the newest first.",
    query,
    answer: listOf(message),
    read: async ({ db, community, query }) => {
      const filter = { ...spanOf(query), state: query.status };
      const { limit, cursor } = query;
      const page = await listTexts(db, community.id, filter, { limit, after: cursor });
      if (page.type === "bad-cursor") return bad_cursor;
      const items = page.texts.map(({ state, ...text }) => ({ ...text, status: state }));
      return { answer: { items, next: page.next } };
    },
  });
}

function addOperating(house: House): void {
  writeIn(house, {
    method: "POST",
    url: `${all}/:id/resend`,
    tag,
    summary: "Sends a text again that failed, or of which nobody knows: a double may be the price.",
    params: idIn,
    status: 201,
    answer: z.object({ id: z.uuid().describe("The new text's.") }),
    write: async ({ db, params, community, caller, now, pepper }) => {
      const decision = { id: params.id, actor: caller.actor };
      const resent = await resendText({ trx: db, community, now, pepper }, decision);
      switch (resent.type) {
        case "resent":
          return { answer: { id: resent.id } };
        case "no-such-text":
          return no_such_text;
        case "not-resendable":
          return conflict("This text is not sent again", `It is ${resent.state}.`);
        case "resent-before":
          return conflict("This text was sent again before", `As ${resent.id}.`);
        case "words-gone":
          return conflict("This text cannot be sent again", "What it said is kept no longer.");
      }
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${all}/:id/settle`,
    tag,
    summary: "Says what became of a text of which nobody knew.",
    params: idIn,
    body: z.strictObject({ as: z.enum(["delivered", "failed"]) }),
    status: 200,
    answer: z.object({ id: z.uuid(), status }),
    write: async ({ db, params, body, community, caller, now }) => {
      const decision = { id: params.id, actor: caller.actor, as: body.as };
      const settled = await settleText({ trx: db, community, now }, decision);
      switch (settled.type) {
        case "settled":
          return { answer: { id: params.id, status: body.as } };
        case "no-such-text":
          return no_such_text;
        case "not-unknown":
          return conflict("What became of this text is known", `It is ${settled.state}.`);
      }
    },
  });
}

const no_such_text = notFound("id", "No such text");

const bad_cursor = problem(400, "A field is wrong", {
  in: "query",
  field: "cursor",
  detail: "Wants what `next` of the page before said.",
});
