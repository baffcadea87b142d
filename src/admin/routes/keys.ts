import { z } from "zod";
import { listKeys, makeKey, revokeKey } from "../../domain/admin-keys.ts";
import { text } from "../../domain/text.ts";
import { overseerOnly } from "../caller.ts";
import { notFound, unfit } from "../problems.ts";
import { readAll, writeAll, type House } from "../route.ts";
import { idIn, listed, listOf, listQuery, pageAsked } from "../shapes.ts";

const key = z
  .object({
    id: z.uuid(),
    name: z.string(),
    partner: z.string().nullable().describe("Null for a key of the overseer."),
    created_by: z.string(),
    created_at: z.date(),
    expires_at: z.date(),
    last_used_at: z.date().nullable(),
    revoked_at: z.date().nullable(),
  })
  .meta({ id: "Key" });

const keyMade = key.extend({ key: z.string().describe("Said now and never again.") });

const newKey = z.strictObject({
  name: text(60).describe("Who holds it, and for what."),
  partner: text(80).optional().describe("The partner's name; absent for a key of the overseer."),
  days: z.int().min(1).max(3650).default(365).describe("Days until it expires."),
});

/** Keys of the admin API: the overseer's to give out. */
export function keys(house: House): void {
  const tag = "keys";
  readAll(house, {
    url: "/keys",
    tag,
    summary: "All keys, newest first; never the keys themselves.",
    only: overseerOnly,
    query: listQuery,
    answer: listOf(key),
    read: async ({ db, query }) => ({ answer: listed(await listKeys(db, pageAsked(query))) }),
  });
  writeAll(house, {
    method: "POST",
    url: "/keys",
    tag,
    summary: "Makes a key, and says it once.",
    only: overseerOnly,
    body: newKey,
    status: 201,
    answer: keyMade,
    keep: false,
    write: async ({ db, body, caller, now }) => {
      const { name, partner, days } = body;
      const made = await makeKey(db, { name, partner, days, actor: caller.actor, now });
      if (made.type === "no-such-partner") return unfit("partner", "There is no such partner.");
      return { answer: { ...made.record, key: made.key } };
    },
  });
  writeAll(house, {
    method: "POST",
    url: "/keys/:id/revoke",
    tag,
    summary: "Ends a key at once.",
    only: overseerOnly,
    params: idIn,
    status: 200,
    answer: key,
    write: async ({ db, params, caller, now }) => {
      const revoked = await revokeKey(db, { id: params.id, actor: caller.actor, now });
      if (revoked.type === "no-such-key") return notFound("id", "No such key");
      return { answer: revoked.record };
    },
  });
}
