import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { parse, stringify, v7 as uuid } from "uuid";
import type { Reader, Writer } from "../db/database.ts";
import { audit, programme_id } from "./audit.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

/** Whose a key is: the overseer's, who sees every community, or one partner's (R1). */
export type Whose =
  { readonly kind: "overseer" } | { readonly kind: "partner"; readonly partner_id: string };

/** A key as it may be shown: never the key itself, nor its hash. */
export interface AdminKey {
  readonly id: string;
  readonly name: string;
  /** The partner's name; null for a key of the overseer. */
  readonly partner: string | null;
  readonly created_by: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly last_used_at: Date | null;
  readonly revoked_at: Date | null;
}

const day_ms = 86_400_000;
const secret_bytes = 32;

/** `soccs_`, the key's id, a point, and 256 random bits; both in base64url. */
const form = /^soccs_([\w-]{22})\.[\w-]{43}$/;

export type KeyMade =
  /** The only time the key is said. */
  | { readonly type: "made"; readonly key: string; readonly record: AdminKey }
  | { readonly type: "no-such-partner" };

/** Makes a key. What is kept is its hash. */
export async function makeKey(
  trx: Writer,
  spec: {
    readonly name: string;
    /** The partner's name; undefined for a key of the overseer. */
    readonly partner: string | undefined;
    readonly days: number;
    readonly actor: string;
    readonly now: Date;
  },
): Promise<KeyMade> {
  const { name, actor, now } = spec;
  const partner = spec.partner === undefined ? null : await partnerNamed(trx, spec.partner);
  if (partner === undefined) return { type: "no-such-partner" };
  const id = uuid();
  const key = `soccs_${Buffer.from(parse(id)).toString("base64url")}.${randomBytes(secret_bytes).toString("base64url")}`;
  const record = {
    id,
    name,
    created_by: actor,
    created_at: now,
    expires_at: new Date(now.getTime() + spec.days * day_ms),
  };
  await trx
    .insertInto("admin_key")
    .values({ ...record, partner_id: partner?.id ?? null, hash: sha256(key) })
    .execute();
  const after = { name, partner: partner?.name ?? null, expires_at: record.expires_at };
  await audit(
    trx,
    { community_id: programme_id, now },
    { actor, act: "key.created", subject: `key:${id}`, after },
  );
  const fresh = { partner: partner?.name ?? null, last_used_at: null, revoked_at: null };
  return { type: "made", key, record: { ...record, ...fresh } };
}

const partnerNamed = (db: Reader, name: string) =>
  db.selectFrom("partner").select(["id", "name"]).where("name", "=", name).executeTakeFirst();

/**
 * Whose key this is, if it is one that is in force. What was found is compared in constant time, and
 * nothing is remembered: a revoked key ends with its revocation.
 */
export async function whoseKey(
  db: Reader,
  key: string,
  now: Date,
): Promise<{ id: string; whose: Whose } | undefined> {
  const id = idIn(key);
  if (id === undefined) return undefined;
  const row = await db
    .selectFrom("admin_key")
    .select(["id", "hash", "partner_id", "last_used_at"])
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (row === undefined || !timingSafeEqual(row.hash, sha256(key))) return undefined;
  const used_ms = row.last_used_at?.getTime() ?? 0;
  if (now.getTime() - used_ms >= 60_000)
    await db.updateTable("admin_key").set({ last_used_at: now }).where("id", "=", id).execute();
  const { partner_id } = row;
  return {
    id,
    whose: partner_id === null ? { kind: "overseer" } : { kind: "partner", partner_id },
  };
}

function idIn(key: string): string | undefined {
  const id = form.exec(key)?.[1];
  if (id === undefined) return undefined;
  try {
    return stringify(Buffer.from(id, "base64url"));
  } catch {
    // 16 bytes that are no UUID: nobody made this key.
    return undefined;
  }
}

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

const shown = (db: Reader) =>
  db
    .selectFrom("admin_key")
    .leftJoin("partner", "partner.id", "admin_key.partner_id")
    .select([
      "admin_key.id",
      "admin_key.name",
      "partner.name as partner",
      "admin_key.created_by",
      "admin_key.created_at",
      "admin_key.expires_at",
      "admin_key.last_used_at",
      "admin_key.revoked_at",
    ]);

/** All keys, newest first. */
export async function listKeys(db: Reader, page: PageAsked): Promise<Page<AdminKey>> {
  const rows = await shown(db)
    .$if(page.after !== undefined, (query) => query.where("admin_key.id", "<", page.after ?? ""))
    .orderBy("admin_key.id", "desc")
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit);
}

export type KeyRevoked =
  { readonly type: "revoked"; readonly record: AdminKey } | { readonly type: "no-such-key" };

/** Ends a key, at once and for good. Doing it again changes nothing. */
export async function revokeKey(
  trx: Writer,
  spec: { readonly id: string; readonly actor: string; readonly now: Date },
): Promise<KeyRevoked> {
  const { id, actor, now } = spec;
  const ended = await trx
    .updateTable("admin_key")
    .set({ revoked_at: now })
    .where("id", "=", id)
    .where("revoked_at", "is", null)
    .returning("name")
    .executeTakeFirst();
  if (ended !== undefined)
    await audit(
      trx,
      { community_id: programme_id, now },
      { actor, act: "key.revoked", subject: `key:${id}`, after: { name: ended.name } },
    );
  const record = await shown(trx).where("admin_key.id", "=", id).executeTakeFirst();
  return record === undefined ? { type: "no-such-key" } : { type: "revoked", record };
}
