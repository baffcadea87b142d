import { stopTexts } from "../domain/opt-out.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";

/**
 * `STOP`, whatever follows a word that means nothing else; other keywords, such as END, are ordinary words
 * too and must be the whole text, as the carriers have it. From then on only receipts, codes and answers
 * are sent (R32).
 */
export const stop: Command<Texter> = {
  ...command("stop", {}, (_said, texter: Texter) => stopTexts(texter, phoneOf(texter)), {
    stopped: "stop.stopped",
    manager: "stop.manager",
    "last-manager": "stop.last-manager",
  }),
  forgiving: ["STOP", "STOPALL", "UNSUBSCRIBE"],
  exact: true,
  open: true,
};

/** A phone with the account it is known by: STOP and START are the phone's, not one account's. */
export const phoneOf = ({ phone, accounts }: Texter): { id: string | null; phone: string } => ({
  id: accounts[0]?.id ?? null,
  phone,
});
