import type { Command } from "../sms/grammar.ts";
import { bal } from "./bal.ts";
import { book } from "./book.ts";
import { cancel } from "./cancel.ts";
import { cashout } from "./cashout.ts";
import { claim } from "./claim.ts";
import { decline } from "./decline.ts";
import { deed } from "./deed.ts";
import { dispute } from "./dispute.ts";
import { done } from "./done.ts";
import { earn } from "./earn.ts";
import { enrol } from "./enrol.ts";
import { group } from "./group.ts";
import { help } from "./help.ts";
import { join } from "./join.ts";
import { keep } from "./keep.ts";
import { lang } from "./lang.ts";
import { list } from "./list.ts";
import { move } from "./move.ts";
import { no } from "./no.ts";
import { number } from "./number.ts";
import { ok } from "./ok.ts";
import { pin } from "./pin.ts";
import { propose } from "./propose.ts";
import { redeem } from "./redeem.ts";
import { reset } from "./reset.ts";
import { send } from "./send.ts";
import type { Texter } from "./sender.ts";
import { shop } from "./shop.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";
import { vote } from "./vote.ts";

const all: readonly Command<Texter>[] = [
  ...[join, lang, help, stop, start],
  ...[bal, book, earn, claim, shop, redeem, cancel, send, dispute, pin, number, keep],
  ...[list, ok, no, deed, enrol, group, decline, reset, move],
  ...[done, cashout],
  ...[vote, propose],
];

/** Everything that can be done by text, by name. */
export const commands: ReadonlyMap<string, Command<Texter>> = new Map(
  all.map((command) => [command.name, command]),
);
