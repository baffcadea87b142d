import { sealBooks } from "../domain/books.ts";
import { doWhatIsDue } from "../domain/due.ts";
import { forgetJoinRequests } from "../domain/joining.ts";
import { forgetAnswers } from "../domain/kept-answers.ts";
import { applyDueChanges } from "../domain/menu-apply.ts";
import { forgetWords } from "../domain/one-time-words.ts";
import { noteOptOuts } from "../domain/opt-out.ts";
import { forgetSends } from "../domain/pending-sends.ts";
import { applyMissedReports } from "../outbox/delivery.ts";
import { emptyTexts, forgetReports } from "../outbox/forget.ts";
import { forgetInbound } from "../sms/forget.ts";
import { forgetSessions } from "../ussd/store.ts";
import { forgetAll } from "../worker/retention.ts";
import { startTimed } from "../worker/timed.ts";
import type { House } from "./house.ts";

/** How long what was recorded may wait to be sealed. */
const seal_every_ms = 60_000;
const note_opt_outs_every_ms = 5_000;
const due_every_ms = 15_000;
const missed_reports_every_ms = 15_000;
/** How late a menu change may come into force on its day. */
const housekeeping_every_ms = 60_000;
const forget_every_ms = 60_000;
/** By then the gateway's bill of each month is checked, and a quarter's report; a dispute has a day. */
const default_texts_kept_days = 90;

/** The work that nobody asks for. */
export interface TimedWork {
  readonly doDue: () => Promise<void>;
  readonly forget: () => Promise<void>;
  /** Begins nothing more, and waits for what is in hand. */
  readonly stop: () => Promise<void>;
}

/** Starts what is done again and again. */
export function startTimedWork(house: House): TimedWork {
  const { parts, say, pepper, db, nudge, onNews, onError } = house;
  const { now } = parts;
  const doDue = async (): Promise<void> => {
    await doWhatIsDue(db, { say, pepper, now });
    nudge();
  };
  const forget = (): Promise<void> => forgetWhatIsOver(house);
  const noteAll = async (): Promise<void> => {
    if ((await noteOptOuts(db, { say, pepper, now })) > 0) nudge();
  };
  const takeMissed = async (): Promise<void> => onNews(await applyMissedReports(db, now()));
  const works: readonly (readonly [every_ms: number, work: () => Promise<void>])[] = [
    [seal_every_ms, () => sealBooks(db)],
    [note_opt_outs_every_ms, noteAll],
    [due_every_ms, doDue],
    [missed_reports_every_ms, takeMissed],
    [housekeeping_every_ms, () => applyDueChanges(db, now())],
    [forget_every_ms, forget],
  ];
  const timed = works.map(([every_ms, work]) => startTimed({ every_ms, work, onError }));
  return {
    doDue,
    forget,
    stop: async () => {
      await Promise.all(timed.map((each) => each.stop()));
    },
  };
}

/** Forgets what has been kept long enough: of each, as long as it says where it is forgotten. */
async function forgetWhatIsOver({ db, parts }: House): Promise<void> {
  const { texts_kept_days = default_texts_kept_days } = parts;
  const now = parts.now();
  const texts_before = new Date(now.getTime() - texts_kept_days * 86_400_000);
  await forgetAll([
    () => forgetSessions(db, now),
    () => forgetAnswers(db, now),
    () => forgetSends(db, now),
    () => forgetWords(db, now),
    () => forgetJoinRequests(db, now),
    () => emptyTexts(db, texts_before),
    () => forgetReports(db, texts_before),
    () => forgetInbound(db, texts_before),
  ]);
}
