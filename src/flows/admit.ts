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

/** Which community a dialled code reaches; undefined where none has it. */
export async function find(
  { onTurnedAway }: Doorkeeper,
  db: Parameters<typeof placeOfDialledCode>[0],
  call: Call,
): Promise<Place | undefined> {
  const place = await placeOfDialledCode(db, call.service_code);
  if (place !== undefined) return { community_id: place.community_id, dialled: place.beyond };
  onTurnedAway("no community has this service code", call);
  return undefined;
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
