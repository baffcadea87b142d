import type { Kysely } from "kysely";
import { inShortTransaction } from "../db/transaction.ts";
import type { Writer } from "../db/database.ts";
import type { DB } from "../db/types.ts";
import type { Language, Words } from "../words/words.ts";
import { render } from "./screen.ts";
import {
  settlesOffer,
  type Advance,
  type Broken,
  type Screen,
  type State,
  type Turn,
} from "./session.ts";
import {
  brokenOff,
  lockSession,
  storeTurn,
  takeOver,
  type SessionKey,
  type Stored,
} from "./store.ts";

/** One callback of the gateway: who calls, in which session, and all that was pressed so far. */
export interface Call {
  readonly session_id: string;
  readonly phone: string;
  readonly service_code: string;
  /** What was pressed, in order; empty on the first turn of a plain dial. */
  readonly replies: readonly string[];
}

/** Where a call comes in. */
export interface Place {
  readonly community_id: string;
  /** Replies that came with the dialled code itself: `*384*2255*1#`. */
  readonly dialled: readonly string[];
}

/** What a caller may do, and in which language. */
export interface Admission {
  readonly advance: Advance;
  /** Offers to take up a call that broke off; undefined when it is not worth it. */
  readonly offer: (broken: Broken) => Turn | undefined;
  /** Its code; the account a shared phone speaks for may have its own. */
  readonly languageOf: (account: string | null) => string;
  /** Flows with nowhere to go back to. */
  readonly tops: ReadonlySet<string>;
}

/** What the engine is told of the service it drives. */
export interface Service {
  readonly db: Kysely<DB>;
  readonly words: Words;
  readonly now: () => Date;
  /** Keyed, so that a stored digest says nothing of a phone or a PIN. */
  readonly digest: (text: string) => Buffer;
  /** Undefined where no community has the code; nothing is written then. */
  readonly find: (call: Call) => Promise<Place | undefined>;
  readonly admit: (trx: Writer, place: Place, call: Call) => Promise<Admission>;
}

/** Most replies of one session; a caller who needs more is lost and is better off dialling again. */
const replies_max = 60;
const reply_length_max = 100;

/**
 * Answers one callback in one transaction: locks the session, acts, and stores what was shown. The
 * same turn again gets what was shown; a turn that does not follow gets told to dial again. A turn
 * that only asks takes two round trips, one that reads three.
 * @returns the answer to the gateway, `CON …` or `END …`.
 * @throws CommitUnknown, or a fault with nothing done.
 */
export async function takeTurn(service: Service, call: Call): Promise<string> {
  const { words, now, digest } = service;
  const place = await service.find(call);
  if (place === undefined) return endScreen("no-such-code", words.in("en"));
  const replies = [...place.dialled, ...call.replies];
  const key: SessionKey = { community_id: place.community_id, id: call.session_id };
  if (replies.length > replies_max || replies.some((reply) => reply.length > reply_length_max))
    return endScreen("too-long", words.in("en"));
  const phone_digest = digest(call.phone);

  return await inShortTransaction(service.db, {
    // A session that this begins and nothing answers is no more than an empty row.
    first: async (trx) => {
      const at = now();
      const [admission, stored, broken] = await Promise.all([
        service.admit(trx, place, call),
        lockSession(trx, key, { phone_digest, empty_digest: digest(""), at }),
        // Whoever dials straight to a screen knows where they want to go.
        replies.length === 0 ? brokenOff(trx, key, { phone_digest, at }) : undefined,
      ]);
      return { admission, stored, broken };
    },
    then: async (trx, { admission, stored, broken }) => {
      const settled = settledAnswer(service, { admission, stored, phone_digest, replies });
      if (settled !== undefined) return { result: settled, last: nothing };
      const turn = await takeReplies(words, admission, {
        session_id: call.session_id,
        stored: stored.state,
        broken,
        replies: replies.slice(stored.taken),
        takeOver: (id) => {
          const gone = endScreen("lost", words.in(languageIn(admission, broken?.state ?? null)));
          return takeOver(trx, { ...key, id }, gone);
        },
      });
      const transcript_digest = digestOf(digest, replies);
      const last = storeTurn(trx, key, {
        ...turn,
        taken: replies.length,
        transcript_digest,
        at: now(),
      });
      return { result: turn.answer, last };
    },
  });
}

const nothing: Promise<unknown> = Promise.resolve();

/** The answer where this turn changes nothing: it was taken before, or does not follow. */
function settledAnswer(
  { words, digest }: Service,
  turn: {
    admission: Admission;
    stored: Stored;
    phone_digest: Buffer;
    replies: readonly string[];
  },
): string | undefined {
  const { stored, replies } = turn;
  const { state } = stored;
  const language = words.in(languageIn(turn.admission, state));
  if (!stored.phone_digest.equals(turn.phone_digest)) return endScreen("not-yours", language);
  if (state === null) return undefined;
  if (state.asked === null || replies.length <= stored.taken) return stored.reply;
  const known = digestOf(digest, replies.slice(0, stored.taken));
  return stored.transcript_digest.equals(known) ? undefined : endScreen("lost", language);
}

/** Takes the replies in one by one; those after the call has ended are dropped. */
async function takeReplies(
  words: Words,
  admission: Admission,
  call: {
    session_id: string;
    stored: State | null;
    broken: Broken | undefined;
    replies: readonly string[];
    takeOver: (session_id: string) => ReturnType<typeof takeOver>;
  },
): Promise<{ state: State; answer: string; effects: boolean }> {
  const { session_id, stored, broken, replies } = call;
  let shown = stored === null ? undefined : { state: stored, answer: "", effects: false };
  const draw = (turn: Turn, effects: boolean) => {
    const language = words.in(languageIn(admission, turn.state));
    const home = admission.tops.has(turn.screen.flow);
    const { answer, page } = render(turn.screen, language, { page: turn.state.page, home });
    return { state: { ...turn.state, page }, answer, effects: effects || turn.effects };
  };
  if (shown === undefined) {
    const offered = broken && admission.offer(broken);
    shown = draw(offered ?? (await admission.advance(session_id, null, null)), false);
  }
  for (const reply of replies) {
    const { asked, offered } = shown.state;
    if (asked === null) break;
    if (offered !== null && settlesOffer(shown.state, reply)) {
      const now = await call.takeOver(offered.session_id);
      if ("ended" in now)
        // It got through after all, and this is what its phone did not get to see.
        return {
          state: { ...shown.state, asked: null },
          answer: now.ended,
          effects: shown.effects,
        };
      shown.state = { ...shown.state, offered: { ...offered, state: now.state } };
    }
    shown = draw(await admission.advance(session_id, shown.state, reply), shown.effects);
  }
  return shown;
}

const languageIn = (admission: Admission, state: State | null): string =>
  state?.speaks ?? admission.languageOf(state?.as ?? null);

const digestOf = (digest: Service["digest"], replies: readonly string[]): Buffer =>
  digest(replies.join("*"));

/** A screen of the flow `common`, which ends the call. */
export function endScreen(name: string, language: Language): string {
  const screen: Screen = { flow: "common", name, asked: { fields: {}, options: [] }, end: true };
  return render(screen, language, { page: 0, home: false }).answer;
}
