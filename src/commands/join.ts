import { askToJoin, readName } from "../domain/joining.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";

/** `JOIN <name>`: asks the managers of the community whose number was texted (R26). */
export const join: Command<Texter> = {
  ...command(
    "join",
    { name: { takes: "rest", read: readName } },
    async ({ name }, texter: Texter) => {
      if (texter.accounts.length > 0) return { type: "member" as const };
      const { once, phone, language } = texter;
      return await askToJoin(texter, { once, phone, name, language, guardian: null });
    },
    {
      asked: "join.asked",
      "asked-before": "join.asked-before",
      "too-many-asked": "join.too-many",
      member: "join.member",
    },
  ),
  open: true,
};
