import { readBalance } from "../domain/balance.ts";
import { command } from "../sms/grammar.ts";
import { asOldest, roleAnswers, type Texter } from "./sender.ts";

/** `BAL`: the sender's balance and the last lines of their SoCC Book (R20). */
export const bal = command(
  "bal",
  {},
  (_said, texter: Texter) =>
    asOldest(texter, "anyone", async (account) => ({
      type: "told" as const,
      fields: await readBalance(texter, account),
    })),
  { ...roleAnswers, told: "bal.told" },
);
