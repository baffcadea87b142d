import { sql } from "kysely";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";
import { notify } from "./notify.ts";
import { isVoter, readProposal, saidOf } from "./proposals.ts";

export const choices = ["yes", "no", "abstain"] as const;

export type Choice = (typeof choices)[number];

export interface NewVote {
  readonly once: string;
  /** Whose PIN has been checked in this transaction. */
  readonly member: Member;
  readonly proposal_id: string;
  readonly choice: Choice;
  /** Whether to write a receipt: who votes by text is answered by one. */
  readonly receipt: boolean;
}

export type Voted =
  | {
      readonly type: "voted";
      readonly fields: {
        readonly code: string;
        readonly name: string;
        /** The choice, in the voter's language. */
        readonly vote: string;
        readonly day: string;
      };
    }
  | { readonly type: "voting-ended" }
  | { readonly type: "members-vote" };

/**
 * Votes on an open proposal, or changes a vote until it closes (R18): one vote a member, the last.
 * An act done again under its `once` changes nothing, also after a later change.
 *
 * Votes do not wait for each other, and the count waits for those under way: a vote is counted or
 * refused, never lost.
 */
export async function castVote(context: Context, vote: NewVote): Promise<Voted> {
  const { trx, community, now, say } = context;
  const { member, proposal_id, choice } = vote;
  if (!isVoter(member)) return { type: "members-vote" };
  const open = await trx
    .selectFrom("proposal")
    .select("id")
    .where("community_id", "=", community.id)
    .where("id", "=", proposal_id)
    .where("state", "=", "open")
    .where("closes_at", ">", now)
    .forShare()
    .executeTakeFirst();
  if (open === undefined) return { type: "voting-ended" };
  const is_new = await keep(context, vote);
  const proposal = await readProposal(trx, community.id, proposal_id);
  const { code, name, day } = saidOf(context, proposal, member);
  const fields = { code, name, day, vote: choiceIn(say, member.language, choice) };
  if (is_new && vote.receipt)
    await notify(context, [{ to: member, purpose: "receipt", text: "voted", fields }]);
  return { type: "voted", fields };
}

/** @returns false where this act was done before. */
async function keep({ trx, community, now }: Context, vote: NewVote): Promise<boolean> {
  const { once, member, proposal_id, choice } = vote;
  const { rows } = await sql`
    insert into vote as v (community_id, proposal_id, member_id, choice, voted_at, onces)
    values (
      ${community.id}, ${proposal_id}, ${member.id}, ${choice}, ${now}::timestamptz,
      array[${once}::text]
    )
    on conflict (community_id, proposal_id, member_id) do update
    set choice = excluded.choice, voted_at = excluded.voted_at,
      -- The last eight of them.
      onces = (v.onces || excluded.onces)[cardinality(v.onces) - 6:]
    where not v.onces && excluded.onces
    returning v.member_id
  `.execute(trx);
  return rows.length > 0;
}

/** `YES`, as a member texts it; the first of the words that stand for it. */
export const choiceIn = (say: Context["say"], language: string, choice: Choice): string =>
  choiceWords(say, language, choice)[0] ?? "";

/** The words that stand for a choice in a language. */
export const choiceWords = (
  say: Context["say"],
  language: string,
  choice: Choice,
): readonly string[] => say(language, [`vote.${choice}`], {}).text.split(" ");
