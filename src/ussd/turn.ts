import { sql, type Kysely } from "kysely";
import { inTransaction } from "../db/transaction.ts";
import type { Writer } from "../db/database.ts";
import type { DB, Json as DbJson } from "../db/types.ts";
import type { Language, Words } from "../words/words.ts";
import { render } from "./screen.ts";
import { advance, type Flows, type Screen, type State } from "./session.ts";

/** One callback of the gateway: who calls, in which session, and all that was pressed so far. */
export interface Call {
  readonly session_id: string;
  readonly phone: string;
  readonly service_code: string;
  /** What was pressed, in order; empty on the first turn of a plain dial. */
  readonly replies: readonly string[];
}

export type Admission<Deps> =
  | {
      readonly type: "admitted";
      readonly community_id: string;
      /** Its code; the service's first where it is not spoken here. */
      readonly language: string;
      /** Replies that came with the dialled code itself: `*384*2255*1#`. */
      readonly dialled: readonly string[];
      /** Makes what flows need; `once` names one act for good. */
      readonly depsFor: (once: string) => Deps;
    }
  /** A screen of the flow `common`; nothing is written. */
  | { readonly type: "turned-away"; readonly screen: string; readonly language: string };

/** What the engine is told of the service it drives. */
export interface Service<Deps> {
  readonly db: Kysely<DB>;
  readonly flows: Flows<Deps>;
  readonly words: Words;
  readonly now: () => Date;
  /** Keyed, so that a stored digest says nothing of a phone or a PIN. */
  readonly digest: (text: string) => Buffer;
  readonly admit: (trx: Writer, call: Call) => Promise<Admission<Deps>>;
}

/** Most replies of one session; a caller who needs more is lost and is better off dialling again. */
const replies_max = 60;
const reply_length_max = 100;

/**
 * Answers one callback in one transaction: locks the session, acts, and stores what was shown. The
 * same turn again gets what was shown; a turn that does not follow gets told to dial again.
 * @returns the answer to the gateway, `CON …` or `END …`.
 * @throws CommitUnknown, or a fault with nothing done.
 */
export async function takeTurn<Deps>(service: Service<Deps>, call: Call): Promise<string> {
  return await inTransaction(service.db, async (trx) => {
    const admission = await service.admit(trx, call);
    const language = service.words.in(admission.language);
    if (admission.type === "turned-away") return endScreen(admission.screen, language);
    const { community_id } = admission;
    const replies = [...admission.dialled, ...call.replies];
    const key = { community_id, id: call.session_id };
    if (replies.length > replies_max || replies.some((reply) => reply.length > reply_length_max))
      return endScreen("too-long", language);
    const stored = await lockSession(trx, service, key, call.phone);

    if (!stored.phone_digest.equals(service.digest(call.phone)))
      return endScreen("not-yours", language);
    const state = stored.state as State | null;
    const ended = state !== null && state.asked === null;
    if (state !== null && (ended || replies.length <= stored.taken)) return stored.reply;
    if (!stored.transcript_digest.equals(digestOf(service, replies.slice(0, stored.taken))))
      return endScreen("lost", language);
    const depsFor = (act: number): Deps => admission.depsFor(`ussd:${call.session_id}:${act}`);
    const engine = { flows: service.flows, depsFor };
    const fresh: readonly (string | null)[] = replies.slice(stored.taken);
    const turn = await takeReplies(engine, language, state, state ? fresh : [null, ...fresh]);
    await trx
      .updateTable("ussd_session")
      .set({
        taken: replies.length,
        transcript_digest: digestOf(service, replies),
        state: JSON.stringify(turn.state),
        reply: turn.answer,
        updated_at: service.now(),
      })
      .where("community_id", "=", community_id)
      .where("id", "=", key.id)
      // A hop that changed nothing but the session need not wait for the disk: after a crash the
      // gateway's transcript brings the session back.
      .$if(!turn.effects, (query) =>
        query.returning(sql`set_config('synchronous_commit', 'off', true)`.as("commit")),
      )
      .execute();
    return turn.answer;
  });
}

/** Takes the replies in one by one; those after the call has ended are dropped. */
async function takeReplies<Deps>(
  engine: Parameters<typeof advance<Deps>>[0],
  language: Language,
  stored: State | null,
  replies: readonly (string | null)[],
): Promise<{ state: State; answer: string; effects: boolean }> {
  let state = stored;
  let answer = "";
  let effects = false;
  for (const reply of replies) {
    if (state !== null && state.asked === null) break;
    const turn = await advance(engine, state, reply);
    const atHome = turn.state.flow === engine.flows.home;
    const shown = render(turn.screen, language, { page: turn.state.page, home: atHome });
    state = { ...turn.state, page: shown.page };
    answer = shown.answer;
    effects ||= turn.effects;
  }
  if (state === null || answer === "") throw new Error("a turn with nothing to say");
  return { state, answer, effects };
}

/** Finds the session's row or makes it, and holds it until the turn is over. */
async function lockSession<Deps>(
  trx: Writer,
  { now, digest }: Service<Deps>,
  key: { community_id: string; id: string },
  phone: string,
) {
  const at = now();
  return await trx
    .insertInto("ussd_session")
    .values({
      ...key,
      phone_digest: digest(phone),
      taken: 0,
      transcript_digest: digest(""),
      // JSON's null marks a session that was not answered yet; it never outlives this transaction.
      state: sql<DbJson>`'null'::jsonb`,
      reply: "END ",
      started_at: at,
      updated_at: at,
    })
    .onConflict((conflict) =>
      // Changes nothing: it locks the row and returns it in the same round trip.
      conflict.columns(["community_id", "id"]).doUpdateSet({ id: key.id }),
    )
    .returning(["phone_digest", "taken", "transcript_digest", "state", "reply"])
    .executeTakeFirstOrThrow();
}

const digestOf = <Deps>({ digest }: Service<Deps>, replies: readonly string[]): Buffer =>
  digest(replies.join("*"));

/** A screen of the flow `common`, which ends the call. */
export function endScreen(name: string, language: Language): string {
  const screen: Screen = { flow: "common", name, asked: { fields: {}, options: [] }, end: true };
  return render(screen, language, { page: 0, home: false }).answer;
}
