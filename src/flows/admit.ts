import { whoCalls } from "../domain/callers.ts";
import { placeOfDialledCode } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { advanceWith, offer, type ActName, type Engine } from "../ussd/session.ts";
import type { Admission, Call, Place } from "../ussd/turn.ts";
import type { Caller, Visitor } from "./call.ts";
import { memberFlows, strangerFlows, tops } from "./index.ts";

interface Doorkeeper extends Pick<Context, "say" | "pepper"> {
  readonly now: () => Date;
  /** Told why somebody was turned away. */
  readonly onTurnedAway: (reason: string, call: Call) => void;
}

/** A code keeps its community for good, so what is known of it may be this old. */
const known_ms = 30_000;
const known_max = 1_000;

/**
 * Finds which community a dialled code reaches, and remembers it for a while: every key press asks.
 * @returns what answers undefined where no community has the code.
 */
export function makeFinder(
  { now, onTurnedAway }: Doorkeeper,
  db: Parameters<typeof placeOfDialledCode>[0],
): (call: Call) => Promise<Place | undefined> {
  const known = new Map<string, { place: Place; until: number }>();
  return async (call) => {
    const remembered = known.get(call.service_code);
    if (remembered !== undefined && remembered.until > now().getTime()) return remembered.place;
    const found = await placeOfDialledCode(db, call.service_code);
    if (found === undefined) {
      onTurnedAway("no community has this service code", call);
      return undefined;
    }
    const place = { community_id: found.community_id, dialled: found.beyond };
    if (known.size >= known_max) known.clear();
    known.set(call.service_code, { place, until: now().getTime() + known_ms });
    return place;
  };
}

/** Finds who is calling; a phone that serves nobody here may ask to join (R26). */
export async function admit(
  { now: clock, say, pepper }: Doorkeeper,
  trx: Context["trx"],
  { community_id }: Place,
  { phone }: Call,
): Promise<Admission> {
  const now = clock();
  const { community, accounts } = await whoCalls(trx, { community_id, phone, now });
  const first = accounts[0];
  // Two accounts have to be told apart, one goes without asking (R30).
  const only = accounts.length === 1 ? first : undefined;
  const visitorFor = ({ once, as, speaks }: ActName): Visitor => {
    const account = as === null ? only : accounts.find(({ id }) => id === as);
    if (as !== null && account === undefined)
      throw new Error("the account of this call has left its phone");
    return { trx, community, now, say, pepper, phone, accounts, account, spoken: speaks, once };
  };
  const languageOf = (account: string | null): string =>
    (accounts.find(({ id }) => id === account) ?? only)?.language ?? community.languages[0] ?? "en";
  const admitted = <Deps>(engine: Engine<Deps>): Admission => ({
    advance: advanceWith(engine),
    offer: (broken) => offer(engine.flows, broken),
    languageOf,
    tops,
  });
  if (first === undefined) return admitted<Visitor>({ flows: strangerFlows, depsFor: visitorFor });
  // Before it is known who calls, only the question who it is looks at this.
  const callerFor = (act: ActName): Caller => {
    const visitor = visitorFor(act);
    return { ...visitor, caller: visitor.account ?? first };
  };
  return admitted<Caller>({ flows: memberFlows, depsFor: callerFor });
}
