import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, type Asks } from "./texting.ts";

// R25 and R30: a child on her mother's phone, where nobody can dial.
describe("a household by text", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
    await asks("Selvi Raman", "LANG en");
  });
  afterAll(() => world.close());

  const claimOf = async (name: string): Promise<string> => {
    const { code } = await world.db
      .selectFrom("claim")
      .innerJoin("member", (join) =>
        join
          .onRef("member.community_id", "=", "claim.community_id")
          .onRef("member.id", "=", "claim.member_id"),
      )
      .select("claim.code")
      .where("member.name", "=", name)
      .orderBy("claimed_at", "desc")
      .executeTakeFirstOrThrow();
    return code;
  };

  test("Selvi asks for an account for her daughter, once, and not for herself", async () => {
    expect(await asks("Selvi Raman", "JOIN selvi raman")).toMatch(/^You are in this community/);
    expect(await asks("Selvi Raman", "JOIN Kavya Raman")).toBe(
      "A manager has been asked to add Kavya Raman.",
    );
    expect(await asks("Selvi Raman", "JOIN Kavya Raman")).toBe(
      "A manager has been asked about Kavya Raman already.",
    );
  });

  test("a manager lets her in, and Selvi chooses a PIN for her", async () => {
    await world.phoneOf("Lakshmi Devi").receives(/text ENROL \.\.302 Kavya Raman PIN/);
    expect(await asks("Lakshmi Devi", "ENROL ..302 Kavya Raman 4826")).toMatch(/^Kavya Raman is/);
    expect(await asks("Selvi Raman", "PIN 7305 7305")).toMatch(/^Your PIN is set/);
    expect(await asks("Selvi Raman", "JOIN Kavya Raman")).toMatch(/^You are in this community/);
    const child = await world.db
      .selectFrom("member")
      .select("guardian_id")
      .where("name", "=", "Kavya Raman")
      .executeTakeFirstOrThrow();
    expect(child.guardian_id).not.toBeNull();
  });

  test("a claim with her name is hers, one without is her mother's", async () => {
    expect(await asks("Selvi Raman", "CLAIM TUTOR 2 kavya")).toMatch(/^Claim \w{4} sent: 10 SoCC/);
    expect(await asks("Selvi Raman", "CLAIM CLEAN Kavya")).toMatch(/^Claim \w{4} sent: 10 SoCC/);
    expect(await asks("Selvi Raman", "CLAIM TAP")).toMatch(/^Claim \w{4} sent: 12 SoCC/);
    expect(await asks("Selvi Raman", "CLAIM TAP Meena")).toMatch(/^We could not read the name/);
    const mine = await claimOf("Selvi Raman");
    expect(await asks("Lakshmi Devi", `OK ${await claimOf("Kavya Raman")} 4826`)).toMatch(
      /Confirmed/,
    );
    expect(await asks("Lakshmi Devi", `OK ${mine} 4826`)).toMatch(/Confirmed/);
    expect(await balanceOf(world, "Kavya Raman")).toBe(10);
    expect(await balanceOf(world, "Selvi Raman")).toBe(12);
    expect(await asks("Selvi Raman", "BAL kavya")).toMatch(/^Balance 10 SoCC/);
  });

  test("a manager records a deed for one of the two by name", async () => {
    const phone = "98400 00302";
    expect(await asks("Lakshmi Devi", `DEED ${phone} CLEAN 4826`)).toMatch(
      /^At this number: Selvi Raman, Kavya Raman\. Text DEED phone deed number name PIN\./,
    );
    expect(await asks("Lakshmi Devi", `DEED ${phone} CLEAN Lakshmi 4826`)).toMatch(/^Nobody here/);
    expect(await asks("Lakshmi Devi", `DEED ${phone} ELDER 3 Selvi 4826`)).toMatch(
      /^ELDER counts once each time/,
    );
    expect(await asks("Lakshmi Devi", `DEED ${phone} TUTOR 3 Kavya 4826`)).toMatch(/Recorded: 15/);
    expect(await asks("Lakshmi Devi", `DEED ${phone} CLEAN Selvi 4826`)).toMatch(/Recorded: 10/);
    expect(await balanceOf(world, "Kavya Raman")).toBe(25);
    expect(await balanceOf(world, "Selvi Raman")).toBe(22);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });

  test("a manager's own household is another manager's to let in", async () => {
    expect(await asks("Lakshmi Devi", "JOIN Ravi Devi")).toMatch(/^A manager has been asked/);
    expect(await asks("Lakshmi Devi", "ENROL ..303 Ravi Devi 4826")).toMatch(/^Nobody here/);
  });
});
