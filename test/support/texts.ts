import { v7 as uuid } from "uuid";
import type { World } from "./world.ts";

/** Texts of which nobody knows what became of them. @returns their ids. */
export async function unknownTexts(
  { db, clock }: World,
  count: number,
): Promise<readonly string[]> {
  const {
    id: member_id,
    community_id,
    phone,
  } = await db
    .selectFrom("member")
    .select(["id", "community_id", "phone"])
    .where("name", "=", "Achieng Otieno")
    .executeTakeFirstOrThrow();
  const at = { created_at: clock.now(), updated_at: clock.now() };
  const text = { community_id, member_id, recipient: phone, text: "Balance 12 SoCC.", segments: 1 };
  const rows = Array.from({ length: count }, () => ({
    ...text,
    ...at,
    id: uuid(),
    purpose: "receipt",
    state: "unknown",
    due_at: null,
  }));
  await db.insertInto("message").values(rows).execute();
  return rows.map(({ id }) => id);
}
