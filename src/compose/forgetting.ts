import { forgetJoinRequests } from "../domain/joining.ts";
import { forgetNumberChanges } from "../domain/forgetting-numbers.ts";
import { forgetAnswers } from "../domain/kept-answers.ts";
import { forgetWords } from "../domain/one-time-words.ts";
import { forgetSends } from "../domain/pending-sends.ts";
import { forgetStrangers } from "../domain/strangers.ts";
import { emptyTexts, forgetReports } from "../outbox/forget.ts";
import { forgetInbound } from "../sms/forget.ts";
import { forgetSessions } from "../ussd/store.ts";
import { forgetAll } from "../worker/retention.ts";
import type { House } from "./house.ts";

/** By then the gateway's bill of each month is checked, and a quarter's report; a dispute has a day. */
const default_texts_kept_days = 90;

/** Forgets what has been kept long enough: of each, as long as it says where it is forgotten. */
export async function forgetWhatIsOver({ db, parts }: House, stop: AbortSignal): Promise<void> {
  const { texts_kept_days = default_texts_kept_days } = parts;
  const now = parts.now();
  const texts_before = new Date(now.getTime() - texts_kept_days * 86_400_000);
  const works = [
    () => forgetSessions(db, now),
    () => forgetAnswers(db, now),
    () => forgetSends(db, now),
    () => forgetWords(db, now),
    () => forgetJoinRequests(db, now),
    () => forgetStrangers(db, now),
    () => emptyTexts(db, { written_before: texts_before, now }),
    () => forgetReports(db, texts_before),
    () => forgetInbound(db, texts_before),
    // After what is kept under a number.
    () => forgetNumberChanges(db, now),
  ];
  await forgetAll(works, stop);
}
