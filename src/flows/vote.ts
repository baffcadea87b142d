import { isVoter, openProposals } from "../domain/proposals.ts";
import { castVote } from "../domain/votes.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, pick, unless } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { ownPin } from "./own.ts";

/** A member votes on a proposal to spend the cache, or changes a vote, until it closes (R18). */
export const vote = flow<Caller>("vote")
  .ask(
    "proposal",
    choose({
      from: (call) => openProposals(call, call.caller),
      line: ({ name, price }) => ({ name, price }),
    }),
  )
  .ask(
    "allowed",
    unless("members-vote", ({ caller }: Caller, { proposal }) =>
      isVoter(caller) ? undefined : proposal,
    ),
  )
  .ask(
    "choice",
    pick({
      keys: { yes: 1, no: 2, abstain: 3 },
      fields: (_call: Caller, { proposal }) => proposal,
    }),
  )
  .ask("pin", ownPin)
  .act(
    ({ proposal, choice }, call) =>
      castVote(call, {
        ...{ once: call.once, member: call.caller, proposal_id: proposal.id, choice },
        receipt: true,
      }),
    { voted: END, "members-vote": END, "voting-ended": { again: "proposal" } },
  );
