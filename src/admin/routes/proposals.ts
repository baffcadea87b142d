import { v7 as uuid } from "uuid";
import { z } from "zod";
import { code } from "../../domain/menu-items.ts";
import { cancelProposal, payProposal } from "../../domain/proposal-payment.ts";
import { listProposals, readProposal, type ProposalStatus } from "../../domain/proposals.ts";
import { communalMenu, putProposal, type Put } from "../../domain/proposing.ts";
import { prose, text } from "../../domain/text.ts";
import { conflict, notFound, unfit, type Problem } from "../problems.ts";
import { readIn, writeIn, type House } from "../route.ts";
import { idIn, listed, listOf, timeAsked, timeQuery } from "../shapes.ts";

const status = z.enum(["open", "passed", "failed", "cancelled", "done"]);

const proposal = z
  .object({
    id: z.uuid(),
    code: z.string().describe("What members text: VOTE, this and their choice."),
    status,
    reward: z.string().describe("The communal reward's code."),
    price: z.int().describe("commSoCCs, as the menu said when it was put."),
    note: z.string().nullable(),
    put_by: z.string().describe("`member:<id>` for a manager, or `key:<id>`."),
    quorum_percent: z.int().describe("As the community had it when it was put."),
    majority_percent: z.int().describe("As the community had it when it was put."),
    opened_at: z.date(),
    closes_at: z.date(),
    closed_at: z.date().nullable().describe("When it was counted."),
    members: z.int().describe("Who may vote: now, or once it has closed then."),
    voted: z.int().describe("The turnout: yes, no and abstain. No reply is none of them."),
    yes: z.int(),
    no: z.int(),
    abstain: z.int(),
    ended_at: z.date().nullable().describe("When it was done or cancelled."),
    ended_by: z.string().nullable(),
    reason: z.string().nullable().describe("Why it was cancelled."),
    journal_id: z.uuid().nullable(),
  })
  .meta({ id: "Proposal" });

const base = "/communities/:community/proposals";
const tag = "proposals";

/** Proposals to spend the cache, and what became of them (R18); counts only, never who voted what. */
export function proposals(house: House): void {
  readIn(house, {
    url: base,
    tag,
    summary: "Proposals, the newest first, with their counts; never who voted what.",
    query: timeQuery.extend({ status: status.optional() }),
    answer: listOf(proposal),
    read: async ({ db, community, query }) => {
      return { answer: listed(await listProposals(db, community.id, timeAsked(query))) };
    },
  });
  writeIn(house, {
    method: "POST",
    url: base,
    tag,
    summary: "Puts a proposal to the vote, at the price in force; the managers are told.",
    body: z.strictObject({ reward: code, note: prose(300).optional() }),
    status: 201,
    answer: proposal,
    write: async ({ db, body, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      const [language = "en"] = community.languages;
      const menu = await communalMenu(context, { language });
      const reward = menu.find((item) => item.code === body.reward);
      if (reward === undefined) return not_offered;
      // Its Idempotency-Key, where there is one, has let it through: to the domain it is a new act.
      const act = { once: `admin:${uuid()}`, actor: caller.actor, language };
      const spec = { ...act, reward_id: reward.id, note: body.note };
      const put = await putProposal(context, spec);
      if (put.type !== "put") return refusal(put);
      return { answer: await readProposal(db, community.id, put.id) };
    },
  });
  addEndings(house);
}

function addEndings(house: House): void {
  writeIn(house, {
    method: "POST",
    url: `${base}/:id/done`,
    tag,
    summary: "Marks a passed proposal as carried out: it is paid from the cache, once.",
    params: idIn,
    status: 200,
    answer: proposal,
    write: async ({ db, params, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      const paid = await payProposal(context, { id: params.id, actor: caller.actor });
      switch (paid.type) {
        case "done":
          return { answer: paid.proposal };
        case "no-such-proposal":
          return notFound("id", "No such proposal");
        case "not-now":
          return notNow("Only a passed proposal can be done", paid.status);
        case "cache-short":
          return conflict(
            "The cache is short",
            `${paid.missing} commSoCC more are needed; nothing was paid.`,
          );
      }
    },
  });
  writeIn(house, {
    method: "POST",
    url: `${base}/:id/cancel`,
    tag,
    summary: "Calls off a proposal that is open or not paid yet; those who voted are told why.",
    params: idIn,
    body: z.strictObject({ reason: text(40).describe("Stands in the texts.") }),
    status: 200,
    answer: proposal,
    write: async ({ db, params, body, community, caller, now, say, pepper }) => {
      const context = { trx: db, community, now, say, pepper };
      const ending = { id: params.id, actor: caller.actor, reason: body.reason };
      const cancelled = await cancelProposal(context, ending);
      if (cancelled.type === "cancelled") return { answer: cancelled.proposal };
      if (cancelled.type === "no-such-proposal") return notFound("id", "No such proposal");
      return notNow("This proposal has ended", cancelled.status);
    },
  });
}

const notNow = (title: string, now: ProposalStatus): Problem =>
  conflict(title, `It is ${now}; nothing was changed.`);

const not_offered = unfit("reward", "the code of a communal reward in force");

const about_reward = { in: "body", field: "reward" } as const;

function refusal(put: Exclude<Put, { readonly type: "put" }>): Problem {
  switch (put.type) {
    case "no-longer-offered":
      return not_offered;
    case "open-already":
      return conflict(
        "This reward is being voted on already",
        `Proposal ${put.fields.code} is open.`,
        about_reward,
      );
    case "too-many-open":
      return conflict(
        "Too many proposals are open",
        `There are ${put.fields.count}; wait until one closes, or cancel one.`,
        about_reward,
      );
    case "too-dear":
      return conflict(
        "The cache is short",
        `It costs ${put.fields.price} commSoCC, and the cache has ${put.fields.cache}.`,
        about_reward,
      );
  }
}
