import { readBalance } from "../domain/balance.ts";
import { command } from "../sms/grammar.ts";
import type { Sender } from "./sender.ts";

/** `BAL`: the sender's balance and the last lines of their SoCC Book (R20). */
export const bal = command(
  "bal",
  {},
  async (_said, sender: Sender) => ({
    type: "told" as const,
    fields: await readBalance(sender, sender.sender),
  }),
  { told: "bal.told" },
);
