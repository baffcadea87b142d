import { communityByDialledCode } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { memberByPhone } from "../domain/members.ts";
import type { Admission, Call } from "../ussd/turn.ts";
import type { Caller } from "./call.ts";

interface Doorkeeper extends Pick<Context, "say" | "pepper"> {
  readonly now: () => Date;
  /** Told why somebody was turned away. */
  readonly onTurnedAway: (reason: string, call: Call) => void;
}

/** Finds who is calling and in which community, or turns them away with nothing written. */
export async function admit(
  { now, say, pepper, onTurnedAway }: Doorkeeper,
  trx: Context["trx"],
  call: Call,
): Promise<Admission<Caller>> {
  const found = await communityByDialledCode(trx, call.service_code);
  if (found === undefined) {
    onTurnedAway("no community has this service code", call);
    return { type: "turned-away", screen: "no-such-code", language: "en" };
  }
  const { community, beyond } = found;
  const caller = await memberByPhone(trx, community.id, call.phone);
  if (caller === undefined) {
    onTurnedAway("nobody here has this phone", call);
    return {
      type: "turned-away",
      screen: "not-a-member",
      language: community.languages[0] ?? "en",
    };
  }
  const context = { trx, community, now: now(), say, pepper, caller };
  return {
    type: "admitted",
    community_id: community.id,
    language: caller.language,
    dialled: beyond,
    depsFor: (once) => ({ ...context, once }),
  };
}
