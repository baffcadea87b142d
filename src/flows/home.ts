import { earns } from "../domain/members.ts";
import { flow } from "../ussd/flow.ts";
import { pick } from "../ussd/questions.ts";
import type { Caller } from "./call.ts";

const keys = {
  confirm: 8,
  handover: 8,
  manage: 9,
  "cash-out": 9,
  balance: 1,
  claim: 2,
  redeem: 3,
  send: 4,
  community: 5,
  account: 6,
  help: 7,
} as const;

type Choice = keyof typeof keys;

const everybodys = ["redeem", "send", "community", "account", "help"] as const;

/** What a role sees: its own entries first, which keep their numbers 8 and 9. */
function choicesOf({ caller }: Caller): readonly Choice[] {
  if (caller.roles.includes("vendor"))
    return [
      "handover",
      ...(caller.cashes_out ? (["cash-out"] as const) : []),
      "balance",
      ...everybodys,
    ];
  const own = caller.roles.includes("manager") ? (["confirm", "manage"] as const) : [];
  return [...own, "balance", ...(earns(caller) ? (["claim"] as const) : []), ...everybodys];
}

/**
 * Where every call begins. The numbers are for good: people know them by heart and dial
 * `*384*2255*1#` straight to a screen.
 */
export const home = flow<Caller>("home")
  .ask(
    "choice",
    pick({
      keys,
      shown: choicesOf,
      fields: ({ community }) => ({ community: community.name }),
    }),
  )
  .tell(({ choice }) => ({ type: choice }), {
    confirm: { go: "confirm" },
    handover: { go: "handover" },
    manage: { go: "manage" },
    "cash-out": { go: "cash-out" },
    balance: { go: "balance" },
    claim: { go: "claim" },
    redeem: { go: "redeem" },
    send: { go: "send" },
    community: { go: "community" },
    account: { go: "account" },
    help: { go: "help" },
  });
