import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Breaker, Health } from "./breaker.ts";

const gateway = "sms";

/** Keeps what this process found out about the gateway for the others, and for the next start. */
export async function storeHealth(db: Kysely<DB>, health: Health, now: Date): Promise<void> {
  const row = { ...health, updated_at: now };
  await db
    .insertInto("gateway_health")
    .values({ ...row, gateway })
    .onConflict((conflict) => conflict.column("gateway").doUpdateSet(row))
    .execute();
}

/** What was last found out about the gateway; undefined before anything was. */
export async function readHealth(
  db: Kysely<DB>,
): Promise<(Health & { readonly updated_at: Date }) | undefined> {
  return await db
    .selectFrom("gateway_health")
    .select(["open", "reason", "tries", "since", "retry_at", "updated_at"])
    .where("gateway", "=", gateway)
    .executeTakeFirst();
}

/**
 * Brings a breaker and what is kept into line: what others found out since is adopted.
 * @returns a function to call now and then.
 */
export function sharedHealth(db: Kysely<DB>, breaker: Breaker): () => Promise<void> {
  let seen = 0;
  return async () => {
    const stored = await readHealth(db);
    if (stored === undefined || stored.updated_at.getTime() <= seen) return;
    seen = stored.updated_at.getTime();
    const { open, reason, tries, since, retry_at } = stored;
    if (open !== breaker.health().open) breaker.adopt({ open, reason, tries, since, retry_at });
  };
}

/** For `/readyz`: why texts wait, or null when they go out. Never a reason to be unready. */
export async function whyTextsWait(db: Kysely<DB>): Promise<string | null> {
  const health = await readHealth(db);
  if (health === undefined || !health.open) return null;
  const { reason, since, retry_at } = health;
  return `texts wait since ${since.toISOString()}: ${reason ?? ""}; tried again at ${retry_at?.toISOString() ?? ""}`;
}
