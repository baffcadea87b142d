import { z } from "zod";
import { makeBook } from "../../reports/book/book.ts";
import { book_style, bookPage } from "../../reports/book/page.ts";
import { month_form } from "../../reports/months.ts";
import { whyNot } from "../../reports/workbook/workbook.ts";
import { problem, type Problem } from "../problems.ts";
import { readIn, type House } from "../route.ts";
import { idIn } from "../shapes.ts";
import { no_such_member } from "./members.ts";

const line = z.object({
  journal_id: z.uuid(),
  happened_at: z.date(),
  when: z.string().describe("`14/3/26 5:40PM`, in the community's time zone."),
  kind: z.string().describe("Of a correction, what it corrects."),
  what: z.string().describe("In the member's language; a sensitive deed by its neutral label."),
  amount: z.int().describe("iSoCCs that came, or went when negative."),
  balance: z.int().describe("After it."),
});

const book = z
  .object({
    community: z.string(),
    member_id: z.uuid(),
    member: z.string(),
    language: z.string(),
    month: z.string().nullable().describe("Null for the whole book."),
    made_at: z.date(),
    made_when: z.string(),
    opening: z.int().describe("Before the first line of all pages."),
    gained: z.int(),
    lost: z.int(),
    closing: z.int().describe("opening + gained - lost: what the ledger has, held ones too."),
    held: z.int().nullable().describe("Of what there is now, set aside; null for a month past."),
    page: z.int(),
    pages: z.int(),
    brought_forward: z.int().describe("Before the first line of this page."),
    lines: z.array(line).readonly().describe("The oldest first."),
  })
  .meta({ id: "Book" });

const query = z.object({
  month: z
    .string()
    .regex(month_form, "a month, such as 2026-10")
    .optional()
    .describe("In the community's time zone; the whole book when absent."),
  page: z.coerce.number().int().min(1).max(10_000).default(1).describe("Of 500 lines each."),
});

/** One member's SoCC Book to print (R20). */
export function memberBook(house: House): void {
  readIn(house, {
    url: "/communities/:community/members/:id/book",
    tag: "members",
    summary: "One member's SoCC Book: a page to print, or JSON for whoever accepts that alone.",
    params: idIn,
    query,
    answer: book,
    page: { style: book_style, draw: bookPage },
    read: async ({ db, community, params, query: { month, page }, now, say }) => {
      const asked = { member_id: params.id, month, page };
      const made = await makeBook(db, { community, now, say }, asked);
      switch (made.type) {
        case "book":
          return { answer: made.book };
        case "no-such-member":
          return no_such_member;
        case "no-such-page":
          return misfit("page", `It has ${made.pages}.`);
        case "future":
        case "before-community":
          return misfit("month", whyNot(made));
      }
    },
  });
}

const misfit = (field: string, detail: string): Problem =>
  problem(422, "A field does not fit", { in: "query", field, detail });
