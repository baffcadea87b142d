import { readBalance } from "../domain/balance.ts";
import { END, flow } from "../ussd/flow.ts";
import type { Caller } from "./call.ts";

/** What the caller can spend, the last lines of their SoCC Book, and the cache (R20). */
export const balance = flow<Caller>("balance").tell(
  async (_answers, call) => ({ type: "told", fields: await readBalance(call, call.caller) }),
  { told: END },
);
