import { createHmac, createSecretKey } from "node:crypto";
import * as texting from "../commands/admit.ts";
import { recall } from "../commands/by-word.ts";
import { maskOneTimeWords } from "../domain/codes.ts";
import { commands } from "../commands/index.ts";
import type { Writer } from "../db/database.ts";
import { gathered } from "../db/gather.ts";
import { CommitUnknown } from "../db/transaction.ts";
import { optOutByProvider } from "../domain/opt-out.ts";
import * as dialling from "../flows/admit.ts";
import type { Callbacks } from "../http/callbacks.ts";
import { behind } from "../http/gate.ts";
import { networksHold } from "../http/refusals.ts";
import { takeReports, type Report } from "../outbox/delivery.ts";
import { takeText, type Inbound } from "../sms/inbound.ts";
import { keywordsIn } from "../sms/keywords.ts";
import { masked } from "../trace/masked.ts";
import { requestId } from "../trace/request.ts";
import { endScreen, takeTurn, type Call, type Place } from "../ussd/turn.ts";
import type { House } from "./house.ts";
import { sameSecret } from "./same-secret.ts";

const reports_together_max = 64;

/** Joins the callbacks to what is behind them: each is counted, and let in as there is room. */
export function callbacks(house: House): Callbacks {
  const { parts, words, say, pepper, db, nudge, gates, metrics, onNews } = house;
  const { now, log } = parts;
  const door = {
    now,
    say,
    keywords: keywordsIn(words),
    pepper,
    onTurnedAway: (why: string, from: { phone?: string; sender?: string }) => {
      const phone = masked(from.phone ?? from.sender ?? "");
      log.warn({ why, phone, request_id: requestId() }, "turned away");
    },
  };
  const find = dialling.makeFinder(door, db);
  // After an outage thousands come at once: those that wait for each other go together.
  const takeReport = gathered<Report, { outcome: "done" }>(async (reports) => {
    onNews(await takeReports(db, reports, now()));
    return reports.map(() => ({ outcome: "done" }));
  }, reports_together_max);
  const thenNudge = <T>(result: T): T => {
    nudge();
    return result;
  };
  const turning = {
    ...{ db, words, now, digest: sessionDigest(pepper), find },
    admit: (trx: Writer, place: Place, from: Call) => dialling.admit(door, trx, place, from),
  };
  const texted = {
    ...{ db, words, commands, now, answer: texting.answer, recall, mask: maskOneTimeWords },
    admit: (trx: Writer, from: Inbound) => texting.admit(door, trx, from),
  };
  const turn = (call: Call) => takeTurn(turning, call);
  const text = (inbound: Inbound) => takeText(texted, inbound);
  return {
    mayCome: networksHold(parts.callback_cidrs ?? []),
    isSecret: (given) => sameSecret(given, parts.callback_secret),
    onRefused: metrics.refused,
    takeTurn: metrics.turns(behind(gates.callbacks, async (call) => thenNudge(await turn(call)))),
    takeText: metrics.texts(
      behind(
        gates.texts,
        behind(gates.callbacks, async (inbound) => thenNudge(await text(inbound))),
      ),
    ),
    takeReport: metrics.reports(behind(gates.reports, takeReport)),
    takeOptOut: behind(gates.texts, async (optOut) => {
      await optOutByProvider(db, optOut, now());
      return { outcome: "done" };
    }),
    apologise: (why) => endScreen(why, words.in("en")),
    isUncertain: (error) => error instanceof CommitUnknown,
  };
}

/** What a session keeps in place of a number or of what was pressed. */
function sessionDigest(pepper: Buffer): (text: string) => Buffer {
  // A key made once: making one from bytes costs more than the digest.
  const key = createSecretKey(pepper);
  return (text) => createHmac("sha256", key).update(`session:${text}`).digest();
}
