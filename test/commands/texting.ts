import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import { fitsText } from "../../src/sms/fit.ts";
import { loadWords } from "../../src/words/load.ts";
import type { World } from "../support/world.ts";

/** Texts from somebody, and reads what answers it; empty where the text was left alone. */
export type Asks = (who: string, text: string, id?: string) => Promise<string>;

/** Every answer is written in the transaction that takes the text, so nothing is waited for. */
export const asksIn =
  (world: World): Asks =>
  async (who, text, id = randomUUID()) => {
    const recipient = await numberOf(world, who);
    const before = await answersTo(world, recipient);
    expect(await world.phoneOf(recipient).texts(text, id)).toBe(200);
    const after = await answersTo(world, recipient);
    // One text, or in another script two; the reminder to delete one's own may make it one more.
    for (const answer of after)
      expect(fitsText(reminders.reduce(without, answer)), answer).toBe(true);
    return after.slice(before.length).join("\n");
  };

const words = loadWords(join(import.meta.dirname, "../../menus/words"));
const reminders = [...words.languages.keys()].flatMap((code) =>
  ["delete-your-text", "delete-it"].map((key) => words.say(code, key, {})),
);
const without = (answer: string, reminder: string): string => answer.replace(reminder, "").trim();

/** A person's number by their name; a stranger is called by theirs. */
async function numberOf(world: World, who: string): Promise<string> {
  const member = await world.db
    .selectFrom("member")
    .select("phone")
    .where("name", "=", who)
    .executeTakeFirst();
  return member?.phone ?? who;
}

async function answersTo(world: World, recipient: string): Promise<readonly string[]> {
  const rows = await world.db
    .selectFrom("message")
    .select("text")
    .where("recipient", "=", recipient)
    .where("purpose", "=", "answer")
    .orderBy("id")
    .execute();
  return rows.map(({ text }) => text);
}

/** What an account can spend. */
export async function balanceOf(world: World, name: string): Promise<number> {
  const row = await world.db
    .selectFrom("ledger.account as a")
    .innerJoin("member as m", (join) =>
      join.onRef("m.community_id", "=", "a.community_id").onRef("m.id", "=", "a.id"),
    )
    .select(["a.posted", "a.held"])
    .where("m.name", "=", name)
    .executeTakeFirstOrThrow();
  return row.posted - row.held;
}

/** The newest claim's code. */
export async function newestClaim(world: World): Promise<string> {
  const { code } = await world.db
    .selectFrom("claim")
    .select("code")
    .orderBy("id", "desc")
    .executeTakeFirstOrThrow();
  return code;
}

/** Every text in and out as it is kept; whole rows would hold any four digits by chance, in an id. */
export async function textsKept(world: World): Promise<string> {
  const [taken, sent] = await Promise.all([
    world.db.selectFrom("inbound_message").select("text").execute(),
    world.db.selectFrom("message").select("text").execute(),
  ]);
  return [...taken, ...sent].map(({ text }) => text).join("\n");
}
