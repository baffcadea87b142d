import type { Kysely } from "kysely";
import { inShortTransaction } from "../db/transaction.ts";
import type { Writer } from "../db/database.ts";
import type { DB } from "../db/types.ts";
import { onOneWire } from "../db/wire.ts";
import type { Language, Words } from "../words/words.ts";
import { render } from "./screen.ts";
import {
  NeedsTransaction,
  settlesOffer,
  type Advance,
  type Broken,
  type Screen,
  type State,
  type Turn,
} from "./session.ts";
import {
  brokenOff,
  callsBegun,
  readSession,
  storeFirst,
  storeTurn,
  takeOver,
  type Kept,
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

/** What a turn came to. */
export interface Taken {
  /** For the gateway: `CON …` or `END …`. */
  readonly answer: string;
  /** The flow that is shown, and how: never what was answered in it. */
  readonly flow: string;
  /** The question that is asked, the hint it is asked again with, or the screen the call ends with. */
  readonly shown: string;
  readonly outcome: "asked" | "ended" | "repeated" | "turned-away";
}

/** A callback as it is worked on. */
interface Turning {
  readonly place: Place;
  readonly call: Call;
  readonly key: SessionKey;
  readonly replies: readonly string[];
  readonly phone_digest: Buffer;
}

/**
 * Most calls that one phone begins in an hour: two a minute without a pause, which is a machine. A
 * manager at a clean-up makes some forty.
 */
const calls_an_hour_max = 120;
/** Most replies of one session; a caller who needs more is lost and is better off dialling again. */
const replies_max = 60;
const reply_length_max = 100;

/**
 * Answers one callback. One that acts is one transaction: it locks the session, acts, and stores what
 * was shown. One that only asks is a single write, which is refused when another turn came first. The
 * same turn again gets what was shown; a turn that does not follow gets told to dial again.
 * @throws CommitUnknown, or a fault with nothing done.
 */
export async function takeTurn(service: Service, call: Call): Promise<Taken> {
  const { words, digest } = service;
  const place = await service.find(call);
  if (place === undefined) return turnedAway("no-such-code", words.in("en"));
  const replies = [...place.dialled, ...call.replies];
  if (replies.length > replies_max || replies.some((reply) => reply.length > reply_length_max))
    return turnedAway("too-long", words.in("en"));
  const key = { community_id: place.community_id, id: call.session_id };
  const turning = { place, call, key, replies, phone_digest: digest(call.phone) };
  return (await onlyAsk(service, turning)) ?? (await act(service, turning));
}

/**
 * Takes a turn that reads and asks, in two or three round trips and with no lock held meanwhile.
 * @returns undefined, with nothing done, where the turn acts or another turn of the session came first.
 */
function onlyAsk(service: Service, turning: Turning): Promise<Taken | undefined> {
  return onOneWire(service.db, async (wire) => {
    const found = await lookUp(service, wire, turning, { lock: false });
    const settled = settledAnswer(service, turning, found);
    if (settled !== undefined) return settled;
    try {
      const kept = await advanceAll(service, turning, found, refuseToAct);
      const stored = await store(wire, turning, found.stored, kept, "tell");
      return stored ? takenOf(kept) : undefined;
    } catch (error) {
      if (error instanceof NeedsTransaction) return undefined;
      throw error;
    }
  });
}

/** Takes a turn that may act, in one transaction that holds the session. */
function act(service: Service, turning: Turning): Promise<Taken> {
  return inShortTransaction(service.db, {
    first: (trx) => lookUp(service, trx, turning, { lock: true }),
    then: async (trx, found) => {
      const settled = settledAnswer(service, turning, found);
      if (settled !== undefined) return { result: settled, last: nothing };
      const kept = await advanceAll(service, turning, found, {
        may_act: true,
        takeOver: (id, reply) => takeOver(trx, { ...turning.key, id }, reply),
      });
      // The session is locked as it was found, so only its very first turns can meet here.
      return { result: takenOf(kept), last: store(trx, turning, found.stored, kept, "fail") };
    },
  });
}

const nothing: Promise<unknown> = Promise.resolve();

/** What a turn begins with. */
interface Found {
  readonly admission: Admission;
  /** Undefined before the session's first turn. */
  readonly stored: Stored | undefined;
  /** A call of the same phone that has just broken off. */
  readonly broken: Broken | undefined;
  /** The phone has begun too many calls of late to begin this one. */
  readonly crowded: boolean;
}

async function lookUp(
  service: Service,
  trx: Writer,
  { place, call, key, replies, phone_digest }: Turning,
  { lock }: { lock: boolean },
): Promise<Found> {
  // Whoever dials straight to a screen knows where they want to go.
  const plain = replies.length === 0;
  const at = service.now();
  const countCalls = () => callsBegun(trx, key, { phone_digest, at, most: calls_an_hour_max });
  const [admission, stored, broken, counted] = await Promise.all([
    service.admit(trx, place, call),
    // A plain first turn is nearly always the first; one that is not, is not stored again.
    plain && !lock ? undefined : readSession(trx, key, { lock }),
    plain ? brokenOff(trx, key, { phone_digest, at }) : undefined,
    // Some networks put what was dialled beyond the code among the replies.
    call.replies.length <= 1 ? countCalls() : undefined,
  ]);
  const crowded = stored === undefined && (counted ?? (await countCalls())) >= calls_an_hour_max;
  return { admission, stored, broken, crowded };
}

/** The answer where this turn changes nothing: it was taken before, or does not follow. */
function settledAnswer(
  { words, digest }: Service,
  { replies, phone_digest }: Turning,
  { admission, stored, crowded }: Found,
): Taken | undefined {
  const language = words.in(languageIn(admission, stored?.state ?? null));
  if (crowded) return turnedAway("too-many-calls", language);
  if (stored === undefined) return undefined;
  const { state, reply } = stored;
  if (!stored.phone_digest.equals(phone_digest)) return turnedAway("not-yours", language);
  if (state.asked === null || replies.length <= stored.taken)
    return { answer: reply, flow: state.flow, shown: "again", outcome: "repeated" };
  const known = digestOf(digest, replies.slice(0, stored.taken));
  return stored.transcript_digest.equals(known) ? undefined : turnedAway("lost", language);
}

const turnedAway = (shown: string, language: Language): Taken => ({
  answer: endScreen(shown, language),
  flow: "common",
  shown,
  outcome: "turned-away",
});

const takenOf = ({ answer, shown, state: { flow, asked } }: Drawn): Taken => ({
  answer,
  flow,
  shown,
  outcome: asked === null ? "ended" : "asked",
});

/** What is kept of a turn, and how what is shown is called. */
interface Drawn extends Kept {
  readonly shown: string;
}

/** Whether a turn may act, and how it takes over a call that broke off. */
interface Acting {
  readonly may_act: boolean;
  readonly takeOver: (session_id: string, reply: string) => ReturnType<typeof takeOver>;
}

const refuseToAct: Acting = {
  may_act: false,
  takeOver: () => Promise.reject(new NeedsTransaction()),
};

/** Takes the replies in one by one; those after the call has ended are dropped. */
async function advanceAll(
  { words, digest, now }: Service,
  { call, replies }: Turning,
  { admission, stored, broken }: Found,
  { may_act, takeOver: over }: Acting,
): Promise<Drawn> {
  const { session_id } = call;
  const { advance } = admission;
  let drawn = stored && { state: stored.state, answer: "", effects: false, shown: "" };
  const draw = (turn: Turn, effects: boolean) => {
    const language = words.in(languageIn(admission, turn.state));
    const home = admission.tops.has(turn.screen.flow);
    const { answer, page } = render(turn.screen, language, { page: turn.state.page, home });
    const shown = turn.screen.hint?.name ?? turn.screen.name;
    return { state: { ...turn.state, page }, answer, effects: effects || turn.effects, shown };
  };
  const offered = stored === undefined && broken ? admission.offer(broken) : undefined;
  drawn ??= draw(offered ?? (await advance({ session_id, may_act }, null, null)), false);
  for (const reply of replies.slice(stored?.taken ?? 0)) {
    const { asked, offered } = drawn.state;
    if (asked === null) break;
    if (offered !== null && settlesOffer(drawn.state, reply)) {
      const gone = endScreen("lost", words.in(languageIn(admission, drawn.state)));
      const current = await over(offered.session_id, gone);
      if ("ended" in current) {
        // It got through after all, and this is what its phone did not get to see.
        const state = { ...drawn.state, asked: null };
        drawn = { ...drawn, state, answer: current.ended, shown: "got-through" };
        break;
      }
      drawn.state = { ...drawn.state, offered: { ...offered, state: current.state } };
    }
    drawn = draw(await advance({ session_id, may_act }, drawn.state, reply), drawn.effects);
  }
  const transcript_digest = digestOf(digest, replies);
  return { ...drawn, taken: replies.length, transcript_digest, at: now() };
}

/** @returns whether it was stored; not where another turn of the session was stored meanwhile. */
const store = (
  trx: Writer,
  { key, phone_digest }: Turning,
  before: Stored | undefined,
  kept: Kept,
  met: "tell" | "fail",
): Promise<boolean> =>
  before ? storeTurn(trx, key, before, kept) : storeFirst(trx, { ...key, phone_digest }, kept, met);

const languageIn = (admission: Admission, state: State | null): string =>
  state?.speaks ?? admission.languageOf(state?.as ?? null);

const digestOf = (digest: Service["digest"], replies: readonly string[]): Buffer =>
  digest(replies.join("*"));

/** A screen of the flow `common`, which ends the call. */
export function endScreen(name: string, language: Language): string {
  const screen: Screen = { flow: "common", name, asked: { fields: {}, options: [] }, end: true };
  return render(screen, language, { page: 0, home: false }).answer;
}
