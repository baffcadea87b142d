import { readCommunity } from "../domain/balance.ts";
import { END, flow } from "../ussd/flow.ts";
import type { Caller } from "./call.ts";

/** What the community has together, and what it could be spent on. */
export const community = flow<Caller>("community").tell(
  async (_answers, call) => ({ type: "told", fields: await readCommunity(call, call.caller) }),
  { told: END },
);
