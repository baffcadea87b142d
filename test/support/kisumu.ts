import { join } from "node:path";
import type { Kysely } from "kysely";
import { inTransaction } from "../../src/db/transaction.ts";
import type { DB } from "../../src/db/types.ts";
import { communityBySlug, type Community } from "../../src/domain/communities.ts";
import { readCommunityFiles } from "../../src/domain/community-file.ts";
import { addDemoPeople, foundCommunity } from "../../src/domain/founding.ts";
import { managersOf, memberByPhone, type Member } from "../../src/domain/members.ts";
import { clockAt, type Clock } from "./clock.ts";
import { freshDatabase, openPool } from "./database.ts";

/** The community and its people on a database of their own, with no service around them. */
export interface Kisumu {
  readonly db: Kysely<DB>;
  readonly database_url: string;
  readonly clock: Clock;
  readonly community: Community;
  readonly pepper: Buffer;
  readonly achieng: Member;
  /** A manager; her PIN is 4826. */
  readonly grace: Member;
  readonly close: () => Promise<void>;
}

const folder = join(import.meta.dirname, "../../menus/communities");

/** Founds Kisumu at 14 March 2026, 5:40 PM there. */
export async function openKisumu(): Promise<Kisumu> {
  const file = readCommunityFiles(folder).find(({ slug }) => slug === "kisumu-manyatta");
  const database = await freshDatabase();
  const db = openPool(database.url);
  const clock = clockAt("2026-03-14T14:40:00Z");
  const pepper = Buffer.from("the-pepper-of-the-tests");
  await inTransaction(db, async (trx) => {
    const id = file && (await foundCommunity(trx, { now: clock.now(), actor: "service" }, file));
    if (id !== undefined)
      await addDemoPeople(trx, id, file!.demo_people, { pepper, now: clock.now() });
  });
  const community = await communityBySlug(db, "kisumu-manyatta");
  if (community === undefined) throw new Error("Kisumu was not founded");
  const achieng = await memberByPhone(db, community.id, "+254711000101");
  const [grace] = await managersOf(db, community.id);
  if (achieng === undefined || grace === undefined) throw new Error("Kisumu has no people");
  const close = async (): Promise<void> => {
    await db.destroy();
    await database.drop();
  };
  return { db, database_url: database.url, clock, community, pepper, achieng, grace, close };
}
