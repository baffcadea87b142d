import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, type Asks } from "./texting.ts";

/** So many claims of one deed by one member, of a clean-up with more people than demo people. */
async function claimsOf(world: World, who: string, deed: string, count: number): Promise<void> {
  const { community_id, id: member_id } = await world.db
    .selectFrom("member")
    .select(["community_id", "id"])
    .where("name", "=", who)
    .executeTakeFirstOrThrow();
  const { id: deed_id, value } = await world.db
    .selectFrom("deed")
    .select(["id", "value"])
    .where("community_id", "=", community_id)
    .where("code", "=", deed)
    .executeTakeFirstOrThrow();
  const now = world.clock.now();
  const claims = Array.from({ length: count }, (_, at) => ({
    ...{ community_id, id: uuid(), once: uuid(), member_id, deed_id, units: 1, value },
    code: `${deed[0] ?? ""}Y${(at + 8).toString(8).padStart(2, "0").replaceAll("0", "8").replaceAll("1", "9")}`,
    claimed_at: new Date(now.getTime() + at),
    expires_at: new Date(now.getTime() + 14 * 86_400_000),
  }));
  await world.db.insertInto("claim").values(claims).execute();
}

// R9 and R25: what a manager sees and does by dialling, where nobody can dial.
describe("what waits, by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
    await asks("Selvi Raman", "LANG en");
  });
  afterAll(() => world.close());

  const waiting = async (): Promise<number> => {
    const rows = await world.db
      .selectFrom("claim")
      .select("id")
      .where("state", "=", "waiting")
      .execute();
    return rows.length;
  };

  test("nothing waits", async () => {
    expect(await asks("Lakshmi Devi", "LIST")).toBe("No claim is waiting.");
    expect(await asks("Lakshmi Devi", "LIST JOIN")).toMatch(/^Nothing of that is waiting/);
    expect(await asks("Lakshmi Devi", "OK CLEAN ALL 4826")).toMatch(/^Nothing of that is waiting/);
  });

  test("a few claims are listed each by its code, with its deed", async () => {
    await asks("Selvi Raman", "CLAIM CLEAN");
    await asks("Meena Kumari", "CLAIM TAP");
    expect(await asks("Lakshmi Devi", "LIST")).toMatch(
      /^Claims: \w{4} Selvi Raman CLEAN 10, \w{4} Meena Kumari TAP 12\. Text OK codes PIN\.$/,
    );
  });

  test("a clean-up of eighty is one line, and its claims are listed with how many more there are", async () => {
    await claimsOf(world, "Selvi Raman", "CLEAN", 79);
    expect(await asks("Lakshmi Devi", "LIST")).toBe(
      "Claims: CLEAN Lane or park clean-up: 80 (800), TAP Shared-tap roster week: 1 (12). To see them LIST word, to confirm OK word ALL PIN.",
    );
    expect(await asks("Lakshmi Devi", "LIST clena")).toMatch(
      /^CLEAN: \w{4} Selvi Raman 10, .* \+7\d\. Text OK codes PIN, or OK CLEAN ALL PIN\.$/,
    );
    expect(await asks("Lakshmi Devi", "LIST DANCING")).toMatch(/^Nothing of that is waiting/);
  });

  test("it is confirmed at once, by its deed, with a PIN, and by nobody else", async () => {
    const before = await waiting();
    expect(await asks("Lakshmi Devi", "OK CLEAN ALL 1111")).toMatch(/^Wrong PIN/);
    expect(await asks("Selvi Raman", "OK CLEAN ALL 3691")).toMatch(/^Only a manager/);
    // Nothing is guessed at where eighty claims hang on it.
    expect(await asks("Lakshmi Devi", "OK CLENA ALL 4826")).toMatch(/^Nothing of that is waiting/);
    expect(await asks("Lakshmi Devi", "OK CLEAN 4826")).toMatch(
      /^We could not read the claim code/,
    );
    expect(await waiting()).toBe(before);
    expect(await asks("Lakshmi Devi", "ok clean all 4826")).toMatch(
      /^S\w{7} Confirmed: claims 80, 800 SoCC in all\. .*Delete your text/,
    );
    expect(await waiting()).toBe(1);
    expect(await balanceOf(world, "Selvi Raman")).toBe(800);
  });

  test("ALL is heard in the languages spoken here, with the deed's number, and rejects as well", async () => {
    await asks("Selvi Raman", "CLAIM CLEAN");
    await asks("Selvi Raman", "CLAIM RAIN");
    await asks("Meena Kumari", "CLAIM CLEAN");
    expect(await asks("Lakshmi Devi", "சரி 4 எல்லாம் 4826")).toMatch(/Confirmed: claims 1, 20/);
    expect(await asks("Lakshmi Devi", "NO CLEAN ALL nobody saw it 4826")).toMatch(
      /^Rejected: 2 claims\. Each member is told why/,
    );
    await world.phoneOf("Selvi Raman").receives(/not confirmed: nobody saw it\./);
    await asks("Selvi Raman", "CLAIM CLEAN");
    const code = await newestClaim(world);
    expect(await asks("Lakshmi Devi", `NO ${code} all of it was rain 4826`)).toMatch(
      new RegExp(`^Claim ${code} of Selvi Raman rejected`),
    );
    await world.phoneOf("Selvi Raman").receives(/not confirmed: all of it was rain\./);
  });

  test("who asks to join, new numbers and disputes are counted, and shown with what to text", async () => {
    await asks("+919840009999", "LANG en");
    await asks("+919840009999", "JOIN Bob Stone");
    await asks("Selvi Raman", "NUMBER 98400 08888 3691");
    await asks("Selvi Raman", "SEND 98400 00301 5 3691");
    const [, word = ""] =
      /SEND (\w{4})/.exec(await asks("Selvi Raman", "SEND 98400 00301 5 3691")) ?? [];
    const [, receipt = ""] = /(S\w{7})/.exec(await asks("Selvi Raman", `SEND ${word}`)) ?? [];
    await asks("Selvi Raman", `DISPUTE ${receipt} not to her`);
    expect(await asks("Lakshmi Devi", "LIST")).toMatch(
      /^TAP .* Also, by LIST and its word: JOIN 1, NUMBER 1, DISPUTE 1\.$/,
    );
    expect(await asks("Lakshmi Devi", "LIST JOIN")).toBe(
      "Ask to join: ..999 Bob Stone. Text ENROL end name PIN, or DECLINE end name PIN.",
    );
    expect(await asks("Lakshmi Devi", "பட்டியல் எண்மாற்றம்")).toBe(
      "New numbers: Selvi Raman ..888. Text MOVE phone new-phone PIN.",
    );
    expect(await asks("Lakshmi Devi", "LIST DISPUTE")).toMatch(
      new RegExp(`^Disputes: ${receipt} Selvi Raman -?5\\. Text OK receipt PIN to undo it`),
    );
    await asks("Lakshmi Devi", "OK TAP ALL 4826");
    expect(await asks("Lakshmi Devi", "LIST")).toBe(
      "No claim is waiting. Also, by LIST and its word: JOIN 1, NUMBER 1, DISPUTE 1.",
    );
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("a manager's own claims are not among them (R10), nor any where the budget is used up (R8)", async () => {
    await asks("Lakshmi Devi", "CLAIM ELDER");
    expect(await asks("Lakshmi Devi", "OK ELDER ALL 4826")).toMatch(/^Nothing of that is waiting/);
    await asks("Selvi Raman", "CLAIM ELDER");
    await world.db.updateTable("community").set({ liquidity_budget: "1" }).execute();
    expect(await asks("Lakshmi Devi", "OK ELDER ALL 4826")).toMatch(
      /^These are 8 SoCC; the partner's budget has room for 0\. Nothing was confirmed/,
    );
    expect(await waiting()).toBe(2);
  });
});

describe("what waits of sensitive deeds (R6)", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "dc-bread-for-the-city" });
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  test("is shown, and named, by the deed's number on the menu", async () => {
    await asks("Denise Carter", "CLAIM HEALTH");
    expect(await asks("James Whitfield", "LIST")).toMatch(
      /^3 a good deed: \w{4} Denise Carter 20\. .* OK 3 ALL PIN\.$/,
    );
    await claimsOf(world, "Denise Carter", "WELLNESS", 12);
    expect(await asks("James Whitfield", "LIST")).toBe(
      "Claims: 3 a good deed: 1 (20), 2 a good deed: 12 (120). To see them LIST word, to confirm OK word ALL PIN.",
    );
    expect(await asks("James Whitfield", "OK 2 ALL 4826")).toMatch(/Confirmed: claims 12, 120/);
    expect(await asks("James Whitfield", "OK health ALL 4826")).toMatch(/Confirmed: claims 1, 20/);
    expect(world.phoneOf("James Whitfield").inbox().join("\n")).not.toMatch(/health|wellness/i);
  });
});
