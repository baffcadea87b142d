import { randomBytes } from "node:crypto";
import { inTransaction } from "../../src/db/transaction.ts";
import { takeReports } from "../../src/outbox/delivery.ts";
import type { Member } from "../../src/domain/members.ts";
import type { Gateway } from "../../src/gateway/gateway.ts";
import { writeTexts, type Purpose } from "../../src/outbox/outbox.ts";
import { sealingKey } from "../../src/outbox/seal.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import { makeBreaker } from "../../src/worker/breaker.ts";
import type { TextQueue } from "../../src/worker/queue.ts";
import { makeSender } from "../../src/worker/send.ts";
import type { Kisumu } from "./kisumu.ts";

/** What the outbox knows of one text. */
export interface Stored {
  readonly state: string;
  readonly gateway_id: string | null;
  readonly reason: string | null;
  readonly attempts: number;
}

/** Writes a text to Achieng, as an act would. */
export async function writeText(
  { db, clock, community, achieng }: Kisumu,
  { purpose = "answer", to = achieng }: { purpose?: Purpose; to?: Member } = {},
): Promise<TextKey> {
  const text = `Balance 12 SoCC. ${randomBytes(4).toString("hex")}`;
  const { phone: recipient, id: member_id } = to;
  const [id = ""] = await inTransaction(db, (trx) =>
    writeTexts(trx, community.id, clock.now(), [
      { recipient, member_id, purpose, text, segments: 1 },
    ]),
  );
  return { community_id: community.id, id };
}

export const storedOf = ({ db }: Kisumu, { id }: TextKey): Promise<Stored> =>
  db
    .selectFrom("message")
    .select(["state", "gateway_id", "reason", "attempts"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();

/** Sends one text, as a worker that has just started does. */
export const sendWith = (
  { db, clock, pepper }: Kisumu,
  gateway: Gateway,
  key: TextKey,
  sealing_key = sealingKey(pepper),
): Promise<void> =>
  makeSender({ db, gateway, breaker: makeBreaker(clock.now()), now: clock.now, sealing_key })(key);

/** The gateway reports of a text, as the callback takes it. */
export const reported = (
  { db, clock }: Kisumu,
  gateway_id: string,
  status: string,
  { reason = null, recipient = null }: { reason?: string | null; recipient?: string | null } = {},
): Promise<unknown> => takeReports(db, [{ gateway_id, status, reason, recipient }], clock.now());

/** A queue that only notes what it was handed, and so has lost it all. */
export function queueThatLoses(size = 0): TextQueue & {
  readonly handed: string[];
} {
  const handed: string[] = [];
  return {
    handed,
    add: (keys) => Promise.resolve(void handed.push(...keys.map(({ id }) => id))),
    size: () => Promise.resolve(size),
    work: () => undefined,
    stop: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
