import { sealBooks } from "../domain/books.ts";
import { doWhatIsDue } from "../domain/due.ts";
import { applyDueChanges } from "../domain/menu-apply.ts";
import { noteOptOuts } from "../domain/opt-out.ts";
import { applyMissedReports } from "../outbox/delivery.ts";
import { startTimed } from "../worker/timed.ts";
import { forgetWhatIsOver } from "./forgetting.ts";
import type { House } from "./house.ts";

/** How long what was recorded may wait to be sealed. */
const seal_every_ms = 60_000;
const note_opt_outs_every_ms = 5_000;
const due_every_ms = 15_000;
const missed_reports_every_ms = 15_000;
/** How late a menu change may come into force on its day. */
const menu_changes_every_ms = 60_000;
const forget_every_ms = 60_000;

/** The work that nobody asks for. */
export interface TimedWork {
  readonly doDue: () => Promise<void>;
  readonly forget: () => Promise<void>;
  /** Begins nothing more, and waits for the transactions in hand. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts what is done again and again: in processes that work, however many, and not in those that
 * only answer.
 */
export function startTimedWork(house: House): TimedWork {
  const { parts, say, pepper, db, nudge, onNews, onError } = house;
  const { now, role } = parts;
  const stopping = new AbortController();
  const stop = stopping.signal;
  const doDue = async (): Promise<void> => {
    await doWhatIsDue(db, { say, pepper, now, stop });
    nudge();
  };
  const forget = (): Promise<void> => forgetWhatIsOver(house, stop);
  const noteAll = async (): Promise<void> => {
    if ((await noteOptOuts(db, { say, pepper, now, stop })) > 0) nudge();
  };
  const takeMissed = async (): Promise<void> => onNews(await applyMissedReports(db, now()));
  const works: readonly (readonly [every_ms: number, work: () => Promise<void>])[] = [
    [seal_every_ms, () => sealBooks(db, stop)],
    [note_opt_outs_every_ms, noteAll],
    [due_every_ms, doDue],
    [missed_reports_every_ms, takeMissed],
    [menu_changes_every_ms, () => applyDueChanges(db, now(), stop)],
    [forget_every_ms, forget],
  ];
  const timed =
    role === "web" ? [] : works.map(([every_ms, work]) => startTimed({ every_ms, work, onError }));
  return {
    doDue,
    forget,
    stop: async () => {
      stopping.abort();
      await Promise.all(timed.map((each) => each.stop()));
    },
  };
}
