import { z } from "zod";
import { verifyBooks } from "../../domain/books.ts";
import { correct } from "../../domain/correcting.ts";
import { listAccounts, listJournals, readJournal } from "../../domain/ledger-lists.ts";
import { text } from "../../domain/text.ts";
import { atMost, tooManyAtOnce } from "../limits.ts";
import { conflict, notFound, problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, listQuery, pageAsked, spanOf, timeQuery } from "../shapes.ts";

const verification = z
  .object({
    ok: z.boolean(),
    journals: z.int(),
    entries: z.int(),
    accounts: z.int(),
    mismatches: z
      .array(
        z.object({
          check: z.string(),
          account_id: z.string().nullable(),
          stripe: z.int().nullable(),
          journal_id: z.string().nullable(),
          wanted: z.string().nullable(),
          found: z.string().nullable(),
        }),
      )
      .readonly(),
  })
  .meta({ id: "Verification" });

const unit = z.enum(["iSoCC", "commSoCC"]);

/** A system account's is no UUID of any version. */
const accountId = z.guid();

const account = z
  .object({
    id: accountId,
    kind: z.enum(["member", "vendor", "group", "cache", "issuance", "settlement", "opening"]),
    unit,
    owner: z.string().nullable().describe("The name of whose it is; null for the community's own."),
    posted: z.int(),
    held: z.int().describe("Of what is posted, set aside."),
    entries: z.int(),
  })
  .meta({ id: "Account" });

const journal = z
  .object({
    id: z.uuid(),
    kind: z.string(),
    happened_at: z.date(),
    recorded_at: z.date(),
    legs: z.array(z.object({ account_id: accountId, unit, amount: z.int() })),
    accrued: z.int().describe("commSoCCs that came to the cache with it, beside its legs."),
    accrual_ratio: z.int().nullable(),
    reverses: z.uuid().nullable(),
    reversed_by: z.uuid().nullable(),
    details: z.unknown(),
  })
  .meta({ id: "Journal" });

const journalsQuery = timeQuery.extend({
  kind: z
    .string()
    .regex(/^[a-z-]{1,30}$/)
    .optional()
    .describe("Such as `earning` or `cash-out`."),
  account: accountId.optional().describe("Only journals that touch this account."),
});

/** The books of one community. */
export function ledger(house: House): void {
  addVerifying(house);
  addBooks(house);
  addCorrecting(house);
}

const tag = "ledger";
const books = "/communities/:community/ledger";

/** Each reads the whole ledger of a community. */
const verifications_together_max = 2;

function addVerifying(house: House): void {
  const few = atMost(verifications_together_max);
  readIn(house, {
    url: `${books}/verify`,
    tag,
    summary: "Recomputes every balance from the entries, and compares.",
    answer: verification,
    read: async ({ db, community }) => {
      const verified = await few(() => verifyBooks(db, community, time_limit_ms));
      switch (verified?.type) {
        case undefined:
          return tooManyAtOnce("recomputations");
        case "not-in-time":
          return not_in_time;
        case "verified":
          return { answer: verified.books };
      }
    },
  });
}

/**
 * Ten million entries take some seconds. Below the two minutes after which a connection on which
 * nothing moves is closed, so that its caller hears of it.
 */
const time_limit_ms = 100_000;

const not_in_time = problem(503, "The books take too long to recompute here", {
  in: "path",
  field: "",
  detail:
    "Nothing is known to be wrong. On the service's machine `soccs ledger verify` takes as long " +
    "as it takes.",
});

function addBooks(house: House): void {
  readIn(house, {
    url: `${books}/accounts`,
    tag,
    summary: "Accounts and their balances, the newest first.",
    query: listQuery,
    answer: listOf(account),
    read: async ({ db, community, query }) => ({
      answer: listed(await listAccounts(db, community.id, pageAsked(query))),
    }),
  });
  readIn(house, {
    url: `${books}/journals`,
    tag,
    summary: "Journals, the newest first.",
    query: journalsQuery,
    answer: listOf(journal),
    read: async ({ db, community, query }) => {
      const { kind, account } = query;
      const asked = { ...pageAsked(query), ...spanOf(query), kind, account_id: account };
      return { answer: listed(await listJournals(db, community.id, asked)) };
    },
  });
}

function addCorrecting(house: House): void {
  writeIn(house, {
    method: "POST",
    url: `${books}/journals/:id/reverse`,
    tag,
    summary: "Corrects a journal by its opposite; whose balance changes is told.",
    params: idIn,
    body: z.strictObject({ reason: text(40).describe("Stands in the receipts.") }),
    status: 201,
    answer: journal,
    write: async ({ db, params, body, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      const spec = { journal_id: params.id, reason: body.reason, actor: caller.actor };
      const corrected = await correct(context, spec);
      switch (corrected.type) {
        case "reversed":
          return { answer: await readJournal(db, community.id, corrected.id) };
        case "no-such-journal":
          return notFound("id", "No such journal");
        case "already-reversed":
          return conflict("This journal is reversed already", "A journal is reversed once.");
        case "is-a-reversal":
          return conflict("This journal is a reversal", "Do again what it undid, as a new act.");
        case "spent":
          return conflict(
            "What was given has been spent",
            `The account is ${corrected.missing} short; nothing was reversed.`,
          );
      }
    },
  });
}
