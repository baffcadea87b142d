import { communityBySmsNumber } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { memberByPhone } from "../domain/members.ts";
import { notify } from "../domain/notify.ts";
import type { Admitted, Answer, Inbound } from "../sms/inbound.ts";
import type { Sender } from "./sender.ts";

interface Doorkeeper extends Pick<Context, "say" | "pepper"> {
  readonly now: () => Date;
  /** Told why a text was left alone. */
  readonly onTurnedAway: (reason: string, inbound: Inbound) => void;
}

/** Finds who sent a text and to which community; undefined leaves the text alone. */
export async function admit(
  { now, say, pepper, onTurnedAway }: Doorkeeper,
  trx: Context["trx"],
  inbound: Inbound,
): Promise<Admitted<Sender> | undefined> {
  const community = await communityBySmsNumber(trx, inbound.number);
  if (community === undefined) {
    onTurnedAway("no community has this number", inbound);
    return undefined;
  }
  const sender = await memberByPhone(trx, community.id, inbound.sender);
  if (sender === undefined) {
    onTurnedAway("nobody here has this phone", inbound);
    return undefined;
  }
  return {
    community_id: community.id,
    member_id: sender.id,
    language: sender.language,
    deps: { trx, community, now: now(), say, pepper, sender },
  };
}

/** Answers the sender by text, and reminds them to delete a text that held their PIN (R29). */
export async function answer(deps: Sender, { text, fields, secret }: Answer): Promise<void> {
  const also = secret ? "delete-your-text" : undefined;
  await notify(deps, [{ to: deps.sender, purpose: "answer", text, fields, also }]);
}
