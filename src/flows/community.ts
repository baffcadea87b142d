import { readCommunity } from "../domain/balance.ts";
import { openProposals } from "../domain/proposals.ts";
import { END, flow } from "../ussd/flow.ts";
import type { Caller } from "./call.ts";

/** What the community has together, and what it could be spent on; while it votes, what on. */
export const community = flow<Caller>("community").tell(
  async (_answers, call): Promise<Told> => {
    if ((await openProposals(call, call.caller)).length > 0) return { type: "voting" };
    return { type: "told", fields: await readCommunity(call, call.caller) };
  },
  { told: END, voting: { go: "vote" } },
);

type Told =
  | { readonly type: "voting" }
  | { readonly type: "told"; readonly fields: Awaited<ReturnType<typeof readCommunity>> };
