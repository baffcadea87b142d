import { stopTexts } from "../domain/opt-out.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Sender } from "./sender.ts";

/** `STOP`, whatever follows it: only receipts, codes and answers from now on (R32). */
export const stop: Command<Sender> = {
  ...command("stop", {}, (_said, sender: Sender) => stopTexts(sender, sender.sender), {
    stopped: "stop.stopped",
    manager: "stop.manager",
    "last-manager": "stop.last-manager",
  }),
  forgiving: true,
};
