import { communalMenu, putProposal } from "../domain/proposing.ts";
import { END, flow } from "../ussd/flow.ts";
import { choose, confirm, unless } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";
import { managersOnly } from "./managers.ts";
import { ownPin } from "./own.ts";

/** A manager puts a proposal to spend the cache on a communal reward, for the members to vote on (R18). */
export const propose = flow<Caller>("propose")
  .ask("allowed", managersOnly)
  .ask(
    "reward",
    choose({
      from: (call) => communalMenu(call, call.caller),
      key: ({ position }) => position,
      line: ({ name, price }) => ({ name, price }),
    }),
  )
  .ask(
    "affordable",
    unless("too-dear", (_call: Caller, { reward }) =>
      reward.price > reward.cache ? reward : undefined,
    ),
  )
  .ask(
    "agreed",
    confirm(({ reward }, { community }: Caller) => ({ ...reward, days: community.voting_days })),
  )
  .ask("pin", ownPin)
  .act(
    ({ reward }, call) =>
      putProposal(call, {
        once: call.once,
        actor: `member:${call.caller.id}`,
        language: call.caller.language,
        reward_id: reward.id,
      }),
    {
      put: END,
      "too-dear": END,
      "open-already": END,
      "too-many-open": END,
      "no-longer-offered": { again: "reward" },
    },
  );
