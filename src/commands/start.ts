import { startTexts } from "../domain/opt-out.ts";
import { command, type Command } from "../sms/grammar.ts";
import type { Texter } from "./sender.ts";
import { phoneOf } from "./stop.ts";

/** `START`, whatever follows it: all texts again after a STOP (R32). Other keywords are the whole text. */
export const start: Command<Texter> = {
  ...command("start", {}, (_said, texter: Texter) => startTexts(texter, phoneOf(texter)), {
    started: "start.started",
  }),
  forgiving: ["START", "UNSTOP"],
  exact: true,
  open: true,
};
