import { readBook } from "../domain/balance.ts";
import { fitList } from "../sms/fit.ts";
import { command, nameWord, optional } from "../sms/grammar.ts";
import { asNamed, roleAnswers, type Texter } from "./sender.ts";

/** `BOOK [name]`: as many of the last lines of the sender's SoCC Book as one text holds (R20). */
export const book = command(
  "book",
  { name: optional(nameWord) },
  ({ name }, texter: Texter) =>
    asNamed(texter, { role: "anyone", name }, async (account) => {
      const { balance, lines } = await readBook(texter, account);
      const shown = fitList(lines, {
        ways: [(line) => line],
        text: (list) => texter.say(account.language, ["book.told"], { balance, lines: list }).text,
        // After amounts it would be read as one.
        rest: () => "",
      });
      return { type: "told" as const, fields: { balance, lines: shown || "-" } };
    }),
  { ...roleAnswers, told: "book.told" },
);
