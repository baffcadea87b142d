import { whoCalls } from "../domain/callers.ts";
import { communityBySmsNumber } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { notify, pinPlace } from "../domain/notify.ts";
import { phoneStanding } from "../domain/phones.ts";
import { mayTellStranger, meetStranger } from "../domain/strangers.ts";
import type { Admitted, Answer, Inbound } from "../sms/inbound.ts";
import type { Texter } from "./sender.ts";

interface Doorkeeper extends Pick<Context, "say" | "pepper">, Pick<Texter, "keywords"> {
  readonly now: () => Date;
  /** Told why a text was left alone. */
  readonly onTurnedAway: (reason: string, inbound: Inbound) => void;
}

/** Finds who sent a text and to which community; undefined leaves the text alone. */
export async function admit(
  { now: clock, say, pepper, keywords, onTurnedAway }: Doorkeeper,
  trx: Context["trx"],
  inbound: Inbound,
): Promise<Admitted<Texter> | undefined> {
  const now = clock();
  const found = await communityBySmsNumber(trx, inbound.number);
  if (found === undefined) {
    onTurnedAway("no community has this number", inbound);
    return undefined;
  }
  const phone = inbound.sender;
  const { community, accounts } = await whoCalls(trx, { community_id: found.id, phone, now });
  const [first] = accounts;
  const place = { trx, community, now, say, pepper };
  const stranger = first === undefined ? await meetStranger(place, phone) : { language: null };
  if (stranger === undefined) {
    onTurnedAway("nobody here has this phone, and it texts too much", inbound);
    return undefined;
  }
  const language = first?.language ?? stranger.language ?? community.languages[0] ?? "en";
  const once = `text:${inbound.gateway_id}`;
  return {
    community_id: community.id,
    member_id: first?.id ?? null,
    language,
    languages: community.languages,
    proof: community.text_proof,
    numbers: (typed) => phoneStanding(typed, community),
    usage: pinPlace(community),
    ...(first === undefined && { mayBeTold: () => mayTellStranger(place, phone) }),
    deps: { ...place, phone, accounts, language, once, keywords },
  };
}

/** Answers the sender by text, and reminds them to delete a text that held their PIN (R29). */
export async function answer(deps: Texter, answer: Answer): Promise<void> {
  const { text, fields, secret, by, then, secrets } = answer;
  const { id, language } = by ?? { id: deps.accounts[0]?.id ?? null, language: deps.language };
  const shown = { ...pinPlace(deps.community), ...fields };
  const also = then ?? (secret ? reminderAfter(deps, language, text, shown) : undefined);
  const to = { id, language, phone: deps.phone };
  await notify(deps, [{ to, purpose: "answer", text, fields, also, secrets }]);
}

/** From the one that says why to the one that has room beside a receipt. */
const reminders = ["delete-your-text", "delete-it"] as const;

/** The fullest reminder that makes the answer no dearer, or the shortest. */
const reminderAfter = (
  { say }: Texter,
  language: string,
  text: string,
  fields: Answer["fields"],
): string => {
  const { segments } = say(language, [text], fields);
  const free = reminders.find((key) => say(language, [text, key], fields).segments === segments);
  return free ?? "delete-it";
};
