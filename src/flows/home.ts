import { flow } from "../ussd/flow.ts";
import { pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

/**
 * Where every call begins. The numbers are for good: people know them by heart and dial
 * `*384*2255*1#` straight to a screen. What only managers see comes first and keeps its number 8.
 */
export const home = flow<Caller>("home")
  .ask(
    "choice",
    pick({
      keys: { confirm: 8, balance: 1, claim: 2, help: 7 },
      shown: ({ caller }) =>
        caller.roles.includes("manager")
          ? ["confirm", "balance", "claim", "help"]
          : ["balance", "claim", "help"],
      fields: ({ community }) => ({ community: community.name }),
    }),
  )
  .tell(({ choice }) => ({ type: choice }), {
    confirm: { go: "confirm" },
    balance: { go: "balance" },
    claim: { go: "claim" },
    help: { go: "help" },
  });
