import { sql } from "kysely";
import type { Writer } from "../db/database.ts";
import type { Context } from "./context.ts";
import type { Member } from "./members.ts";

const idle_days = 90;
const day_ms = 86_400_000;
/** How exactly an account's last use is kept: finer would write at every act. */
const active_every_ms = day_ms;

/** Whether an account has been quiet for so long that its number may be somebody else's by now (R28). */
export const isIdle = (seen_at: Date, now: Date): boolean => seen_at < idleBefore(now);

const idleBefore = (now: Date): Date => new Date(now.getTime() - idle_days * day_ms);

/**
 * Marks an account as used. One that has been quiet for long stays so: what shows a PIN alone, or
 * reads the phone, may be whoever has its number now (R28). Only the name ends that silence.
 */
export async function markActive(
  trx: Writer,
  { community_id, member_id }: { readonly community_id: string; readonly member_id: string },
  now: Date,
): Promise<void> {
  await trx
    .updateTable("member")
    .set({ active_at: now })
    .where("community_id", "=", community_id)
    .where("id", "=", member_id)
    .where(sql<boolean>`coalesce(active_at, created_at) >= ${idleBefore(now)}`)
    .where((eb) =>
      eb.or([
        eb("active_at", "is", null),
        eb("active_at", "<", new Date(now.getTime() - active_every_ms)),
      ]),
    )
    .execute();
}

/** Ends an account's silence (R28): its PIN, or the word that stands in its place, came with its name. */
export async function endSilence(
  { trx, community, now }: Context,
  { id }: Pick<Member, "id">,
): Promise<void> {
  await trx
    .updateTable("member")
    .set({ active_at: now })
    .where("community_id", "=", community.id)
    .where("id", "=", id)
    .execute();
}
