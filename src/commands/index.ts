import type { Command } from "../sms/grammar.ts";
import { bal } from "./bal.ts";
import { help } from "./help.ts";
import { no } from "./no.ts";
import { ok } from "./ok.ts";
import type { Sender } from "./sender.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";

const all: readonly Command<Sender>[] = [bal, help, no, ok, start, stop];

/** Everything that can be done by text, by name. */
export const commands: ReadonlyMap<string, Command<Sender>> = new Map(
  all.map((command) => [command.name, command]),
);
