import { randomBytes } from "node:crypto";
import { inTransaction } from "../../src/db/transaction.ts";
import { takeReport } from "../../src/outbox/delivery.ts";
import { writeTexts } from "../../src/outbox/outbox.ts";
import type { TextKey } from "../../src/outbox/sending.ts";
import type { TextQueue } from "../../src/worker/queue.ts";
import type { Kisumu } from "./kisumu.ts";

/** What the outbox knows of one text. */
export interface Stored {
  readonly state: string;
  readonly gateway_id: string | null;
  readonly reason: string | null;
  readonly attempts: number;
}

/** Writes a text to Achieng, as an act would. */
export async function writeText({ db, clock, community, achieng }: Kisumu): Promise<TextKey> {
  const text = `Balance 12 SoCC. ${randomBytes(4).toString("hex")}`;
  const { phone: recipient, id: member_id } = achieng;
  await inTransaction(db, (trx) =>
    writeTexts(trx, community.id, clock.now(), [
      { recipient, member_id, purpose: "answer", text, segments: 1 },
    ]),
  );
  return await db
    .selectFrom("message")
    .select(["community_id", "id"])
    .where("text", "=", text)
    .executeTakeFirstOrThrow();
}

export const storedOf = ({ db }: Kisumu, { id }: TextKey): Promise<Stored> =>
  db
    .selectFrom("message")
    .select(["state", "gateway_id", "reason", "attempts"])
    .where("id", "=", id)
    .executeTakeFirstOrThrow();

/** The gateway reports of a text, as the callback takes it. */
export const reported = (
  { db, clock }: Kisumu,
  gateway_id: string,
  status: string,
  reason: string | null = null,
): Promise<void> => takeReport(db, { gateway_id, status, reason }, clock.now());

/** A queue that only notes what it was handed, and so has lost it all. */
export function queueThatLoses(): Pick<TextQueue, "add" | "work" | "close"> & {
  readonly handed: string[];
} {
  const handed: string[] = [];
  return {
    handed,
    add: (keys) => Promise.resolve(void handed.push(...keys.map(({ id }) => id))),
    work: () => undefined,
    close: () => Promise.resolve(),
  };
}
