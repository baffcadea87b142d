import { readBalance } from "../domain/balance.ts";
import { command, nameWord, optional } from "../sms/grammar.ts";
import { asNamed, roleAnswers, type Texter } from "./sender.ts";

/** `BAL [name]`: the sender's balance and the last lines of their SoCC Book (R20). */
export const bal = command(
  "bal",
  { name: optional(nameWord) },
  ({ name }, texter: Texter) =>
    asNamed(texter, { role: "anyone", name }, async (account) => ({
      type: "told" as const,
      fields: await readBalance(texter, account),
    })),
  { ...roleAnswers, told: "bal.told" },
);
