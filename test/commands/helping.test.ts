import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, type Asks } from "./texting.ts";

const stranger = "+919840009999";
const new_number = "+919840008888";

// R25 to R28: what a manager does for one who stands before them, where nobody can dial.
describe("in Madurai, by text alone", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "madurai-ward" });
    asks = asksIn(world);
    await asks("Selvi Raman", "LANG en");
    await world.earned("Selvi Raman", 30);
  });
  afterAll(() => world.close());

  const selvi = (): string => world.pinOf("Selvi Raman");
  const acts = async (): Promise<readonly string[]> => {
    const rows = await world.db.selectFrom("audit_event").select("act").execute();
    return rows.map(({ act }) => act);
  };

  test("a manager declines somebody who asked to join, and they are told", async () => {
    await asks(stranger, "LANG en");
    await asks(stranger, "JOIN Bob Stone");
    await world
      .phoneOf("Lakshmi Devi")
      .receives(/text ENROL \.\.999 Bob Stone PIN\. If not, DECLINE/);
    expect(await asks("Selvi Raman", `DECLINE ..999 Bob Stone ${selvi()}`)).toMatch(
      /^Only a manager/,
    );
    expect(await asks("Lakshmi Devi", "DECLINE ..998 Bob Stone 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Lakshmi Devi", "DECLINE ..999 Bob Stone 1111")).toMatch(/^Wrong PIN/);
    expect(await asks("Lakshmi Devi", "decline ..999 bob stone 4826")).toMatch(
      /^Bob Stone is not let in, and is told\..*Delete your text/,
    );
    await world.phoneOf(stranger).receives(/^Your request to join was declined/);
    expect(await asks("Lakshmi Devi", "ENROL ..999 Bob Stone 4826")).toMatch(/^Nobody here has/);
  });

  test("a manager starts the reset of a PIN; its owner is told by text, waits, and chooses anew", async () => {
    expect(await asks("Lakshmi Devi", "RESET 98400 09999 4826")).toMatch(/^Nobody here has/);
    expect(await asks("Lakshmi Devi", "RESET 98400 00303 4826")).toMatch(/^Another manager/);
    expect(await asks("Lakshmi Devi", "RESET 98400 00302 4826")).toMatch(
      /^From \d.* Selvi Raman can text PIN and 4 new digits twice\./,
    );
    await world
      .phoneOf("Selvi Raman")
      .receives(/^Lakshmi Devi started a reset of your PIN\. From .* text PIN .*Text PIN old new/);
    expect(await asks("Lakshmi Devi", "RESET 98400 00302 4826")).toMatch(
      /^A reset for Selvi Raman/,
    );
    expect(await asks("Selvi Raman", "PIN 6194 6194")).not.toMatch(/^Your PIN is set/);
    world.clock.moveOn({ minutes: 24 * 60 + 1 });
    expect(await asks("Selvi Raman", "PIN 6194 6194")).toMatch(/^Your PIN is set/);
    expect(await asks("Selvi Raman", "CANCEL 123456 6194")).toMatch(/^You have no open order/);
    expect(await acts()).toContain("pin.reset-started");
  });

  test("she asks for another number, keeps the old one after all, and asks again", async () => {
    expect(await asks("Selvi Raman", "KEEP 6194")).toMatch(/^No change of your number/);
    expect(await asks("Selvi Raman", "NUMBER 98400 08888 1111")).toMatch(/^Wrong PIN/);
    expect(await asks("Selvi Raman", "NUMBER 98400 00302 6194")).toMatch(/^That is the number you/);
    expect(await asks("Selvi Raman", "NUMBER 98400 08888 6194")).toMatch(
      /^Now see a manager, who must text MOVE, .* ending \.\.888\./,
    );
    expect(await asks("Selvi Raman", "NUMBER 98400 07777 6194")).toMatch(
      /To stop it, text KEEP PIN/,
    );
    expect(await asks("Selvi Raman", "KEEP 6194")).toMatch(/^The change is stopped/);
    expect(await asks("Selvi Raman", "NUMBER 98400 08888 6194")).toMatch(/^Now see a manager/);
  });

  test("a manager witnesses that change and no other, and after the wait it is done", async () => {
    expect(await asks("Lakshmi Devi", "MOVE 98400 00302 98400 07777 4826")).toMatch(
      /under way already/,
    );
    expect(await asks("Lakshmi Devi", "MOVE 9840000302 9840008888 4826")).toMatch(
      /^Selvi Raman moves to \.\.888 from /,
    );
    await world.phoneOf("Selvi Raman").receives(/moves to the number \.\.888 .* Text KEEP PIN now/);
    await world.timePasses({ days: 3 });
    await world.phoneOf(new_number).receives(/Selvi Raman has moved to the number \.\.888/);
    expect(await asks(new_number, "BAL")).toMatch(/^Balance 30 SoCC/);
    expect(await asks("+919840000302", "BAL")).not.toMatch(/^Balance/);
    expect(await acts()).toContain("number.witnessed");
  });

  test("a lost phone's owner is moved by a manager, and stops it from the old one if it was not theirs", async () => {
    expect(await asks("Lakshmi Devi", "MOVE 98400 08888 98400 00302 4826")).toMatch(
      /moves to \.\.302/,
    );
    expect(await asks("Selvi Raman", "KEEP 6194")).toMatch(/^The change is stopped/);
    await world.timePasses({ days: 3 });
    expect(await asks(new_number, "BAL")).toMatch(/^Balance/);
  });

  test("where several share a phone, the first name says which of them is meant", async () => {
    await world.db
      .updateTable("member")
      .set({ phone: new_number })
      .where("name", "=", "Meena Kumari")
      .execute();
    expect(await asks("Lakshmi Devi", "RESET 98400 08888 4826")).toMatch(
      /^This phone serves several: .*first name after the number/,
    );
    expect(await asks("Lakshmi Devi", "RESET 98400 08888 Meena 4826")).toMatch(
      /^From .* Meena Kumari can text PIN/,
    );
    expect(await balanceOf(world, "Selvi Raman")).toBe(30);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
