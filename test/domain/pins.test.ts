import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Member } from "../../src/domain/members.ts";
import { checkPin, setPin, type PinVerdict } from "../../src/domain/pins.ts";
import { openKisumu, type Kisumu } from "../support/kisumu.ts";

// R27: three wrong tries lock for 15 minutes.
describe("Grace's PIN", () => {
  let kisumu: Kisumu;
  beforeAll(async () => {
    kisumu = await openKisumu();
  });
  afterAll(() => kisumu.close());

  const says = (digits: string, member: Member = kisumu.grace, pepper = kisumu.pepper) =>
    inTransaction<PinVerdict>(kisumu.db, (trx) =>
      checkPin(
        {
          trx,
          community: kisumu.community,
          now: kisumu.clock.now(),
          pepper,
          say: () => expect.fail("a check says nothing"),
        },
        member,
        digits,
      ),
    );
  const chooses = (digits: string): Promise<void> =>
    inTransaction(kisumu.db, (trx) =>
      setPin(trx, {
        community_id: kisumu.community.id,
        member_id: kisumu.grace.id,
        digits,
        pepper: kisumu.pepper,
        now: kisumu.clock.now(),
      }),
    );
  const storedFor = ({ id }: Member) =>
    kisumu.db.selectFrom("pin").selectAll().where("member_id", "=", id).executeTakeFirstOrThrow();

  const right = { type: "right" };
  const wrong = (tries_left: number) => ({ type: "wrong", tries_left });
  const locked = (minutes: number) => ({ type: "locked", minutes });

  beforeEach(() => chooses("4826"));

  test("is right, and nobody else's is", async () => {
    expect(await says("4826")).toEqual(right);
    expect(await says("2580", kisumu.achieng)).toEqual(right);
    expect(await says("2580")).toEqual(wrong(2));
  });

  test("locks at the third wrong try, for 15 minutes to the second", async () => {
    expect(await says("1111")).toEqual(wrong(2));
    expect(await says("4827")).toEqual(wrong(1));
    expect(await says("")).toEqual(locked(15));
    expect(await says("4826")).toEqual(locked(15));
    kisumu.clock.moveOn({ minutes: 14, seconds: 59 });
    expect(await says("4826")).toEqual(locked(1));
    kisumu.clock.moveOn({ seconds: 1 });
    expect(await says("4826")).toEqual(right);
    expect(await storedFor(kisumu.grace)).toMatchObject({ wrong_tries: 0, locked_until: null });
  });

  test("has three fresh tries after a lock, and is blocked after them (R27)", async () => {
    for (const digits of ["1111", "1111", "1111"]) await says(digits);
    kisumu.clock.moveOn({ minutes: 15 });
    expect(await says("1111")).toEqual(wrong(2));
    expect(await says("1111")).toEqual(wrong(1));
    expect(await says("1111")).toEqual({ type: "blocked" });
    kisumu.clock.moveOn({ days: 30 });
    expect(await says("4826")).toEqual({ type: "blocked" });
  });

  test("said rightly after a lock, begins the rounds anew", async () => {
    for (const digits of ["1111", "1111", "1111"]) await says(digits);
    kisumu.clock.moveOn({ minutes: 15 });
    expect(await says("4826")).toEqual(right);
    for (const digits of ["1111", "1111"]) await says(digits);
    expect(await says("1111")).toEqual(locked(15));
  });

  test("said rightly in between, forgets the wrong tries", async () => {
    await says("1111");
    await says("1111");
    expect(await says("4826")).toEqual(right);
    expect(await says("1111")).toEqual(wrong(2));
  });

  test("counts every wrong try of many at the same moment", async () => {
    const verdicts = await Promise.all(Array.from({ length: 8 }, () => says("1111")));
    const told = verdicts.map((verdict) => JSON.stringify(verdict)).sort();
    const six = Array.from({ length: 6 }, () => JSON.stringify(locked(15)));
    expect(told).toEqual([...six, JSON.stringify(wrong(1)), JSON.stringify(wrong(2))]);
    expect(await says("4826")).toEqual(locked(15));
  });

  test("does not lock anybody else's", async () => {
    for (const digits of ["1111", "1111", "1111"]) await says(digits);
    expect(await says("2580", kisumu.achieng)).toEqual(right);
  });

  test("when chosen anew takes the old one's place and its lock", async () => {
    for (const digits of ["1111", "1111", "1111"]) await says(digits);
    await chooses("9157");
    expect(await says("9157")).toEqual(right);
    expect(await says("4826")).toEqual(wrong(2));
  });

  test("is kept as a slow hash, salted, that is worth nothing without the pepper", async () => {
    const { hash } = await storedFor(kisumu.grace);
    expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(hash).not.toContain("4826");
    await chooses("4826");
    expect((await storedFor(kisumu.grace)).hash).not.toBe(hash);
    const another = Buffer.from("another-pepper");
    expect(await says("4826", kisumu.grace, another)).toEqual(wrong(2));
  });

  test("that was never chosen lets nothing through", async () => {
    const nobody = { ...kisumu.grace, id: "01963f6e-5a1b-7c3d-8e4f-000000000000" };
    expect(await says("4826", nobody)).toEqual(wrong(0));
    expect(await says("", nobody)).toEqual(wrong(0));
  });
});
