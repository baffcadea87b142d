import type { Account } from "../domain/callers.ts";
import { flow } from "../ussd/flow.ts";
import { choose } from "../ussd/questions.ts";
import type { Visitor } from "./call.ts";

/** Who is calling, where several accounts share a phone (R30); settles itself where one does. */
export const who = flow<Visitor>("who")
  .ask(
    "account",
    choose({
      from: ({ accounts }) => accounts.map(chosen),
      line: ({ name }) => ({ name }),
      settled: ({ account }) => account && chosen(account),
    }),
  )
  .tell(
    ({ account }) => ({
      // Without a PIN, or after a reset, the first thing is to choose one (R26, R27).
      type: account.pin === "set" ? "known" : "new",
      as: account.id,
    }),
    { known: { go: "home" }, new: { go: "first-dial" } },
  );

const chosen = ({ id, name, pin }: Account) => ({ id, name, pin });
