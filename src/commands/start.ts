import { startTexts } from "../domain/opt-out.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Sender } from "./sender.ts";

/** `START`, whatever follows it: all texts again after a STOP (R32). */
export const start: Command<Sender> = {
  ...command("start", {}, (_said, sender: Sender) => startTexts(sender, sender.sender), {
    started: "start.started",
  }),
  forgiving: true,
};
