import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bare_environment } from "../support/bare-environment.ts";
import { soccs, type Ran } from "../support/soccs.ts";
import { openWorld, type World } from "../support/world.ts";

const here = ["--community", "kisumu-manyatta"];

describe("soccs people", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const people = (...words: string[]): Promise<Ran> =>
    soccs(world.database_url)("people", ...words, ...here);
  const find = async (typed: string): Promise<readonly Record<string, string>[]> => {
    const ran = await people("find", typed, "--json");
    expect(ran, ran.err).toMatchObject({ code: 0 });
    return JSON.parse(ran.out) as Record<string, string>[];
  };
  const audited = () =>
    world.db
      .selectFrom("audit_event")
      .select(["actor", "act", "subject"])
      .orderBy("id", "desc")
      .executeTakeFirst();

  test("finds by number, its end, a part of the name or id, and shows no whole number", async () => {
    const [achieng] = await find("0711000101");
    expect(achieng).toMatchObject({ name: "Achieng Otieno", phone: "+254*****101", pin: "set" });
    for (const typed of ["+254711000101", "..101", "ACHIENG", achieng?.["id"] ?? ""])
      expect(await find(typed)).toEqual([achieng]);
    expect(await find("atieno")).toHaveLength(2);
    expect(await find("%")).toEqual([]);
    const told = await people("find", "achieng");
    expect(told.out).toMatch(/Achieng Otieno  \+254\*{5}101  member  active  en  PIN set/);
  });

  test("unlocks a PIN that was blocked, and it is good again", async () => {
    const ouma = world.phoneOf("Ouma Odhiambo");
    const [{ id = "" } = {}] = await find("Ouma");
    const tryWrong = async (): Promise<void> => {
      for (let tries = 0; tries < 3; tries += 1)
        await ouma.texts(`SEND ${world.numberOf("Achieng Otieno")} 1 9999`);
    };
    await tryWrong();
    expect(await find("Ouma")).toMatchObject([{ pin: "set" }]);
    await world.db.updateTable("pin").set({ blocked_at: new Date() }).execute();
    expect(await find("Ouma")).toMatchObject([{ pin: "blocked" }]);
    expect((await people("unlock", id)).out).toBe("unlocked\n");
    expect(await audited()).toEqual({
      actor: "service",
      act: "pin.unlocked",
      subject: `member:${id}`,
    });
    expect(await find("Ouma")).toMatchObject([{ pin: "set" }]);
    expect(await people("unlock", id)).toMatchObject({ code: 2, err: /not locked/ });
  });

  test("starts a reset with the wait and the notice that a manager's has", async () => {
    const [{ id = "" } = {}] = await find("Wanjiku");
    const started = await people("reset", id);
    expect(started.out, started.err).toMatch(/may choose a new PIN by dialling/);
    expect(await find("Wanjiku")).toMatchObject([{ pin: "reset" }]);
    expect(await audited()).toMatchObject({ actor: "service", act: "pin.reset-started" });
    // The command goes by the true clock, months ahead of the world's: the text waits in its outbox.
    const told = await world.db
      .selectFrom("message")
      .select("text")
      .where("recipient", "=", world.numberOf("Wanjiku Kamau"))
      .execute();
    expect(told).toHaveLength(1);
    expect(told[0]?.text).toMatch(/^Kisumu Manyatta anaweka upya PIN yako/);
    expect((await people("reset", id)).err).toContain("a reset is under way");
  });

  test("exports, and erases once the id was repeated", async () => {
    const [{ id = "" } = {}] = await find("Akoth");
    const exported = await people("export", id);
    expect(JSON.parse(exported.out)).toMatchObject({ parts: { member: [{ id }] } });
    expect(await answered(["people", "erase", id, ...here], "yes\n")).toMatchObject({ code: 2 });
    expect(await find("Akoth")).toHaveLength(1);
    expect(await answered(["people", "erase", id, ...here], `${id}\n`)).toMatchObject({ code: 0 });
    expect(await find("Akoth")).toEqual([]);
    expect((await people("erase", id, "--yes")).err).toContain("erased before");
  });

  test("refuses with exit code 2 and says what is wanted", async () => {
    const [{ id = "" } = {}] = await find("Achieng");
    await world.earned("Achieng Otieno", 3);
    const refused = [
      await people("unlock", "me"),
      await people("export", "0198b2a0-0000-7000-8000-000000000000"),
      await people("erase", id, "--yes"),
      await soccs(world.database_url)("people", "find", "x", "--community", "nowhere"),
      await soccs(world.database_url)("people", "find", "x"),
    ];
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2]);
    expect(refused.map(({ err }) => err.split("\n")[0])).toEqual([
      expect.stringContaining("wants one from `people find`"),
      expect.stringContaining("nobody has the id"),
      "3 SoCC are still theirs: have them spent or sent, or given up (forfeit)",
      "no community nowhere",
      expect.stringContaining("--community"),
    ]);
    const given = await people("erase", id, "--yes", "--forfeit");
    expect(given.out, given.err).toMatch(/^erased; 3 SoCC given up, S\w{7}$/m);
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  /** Runs a command and types an answer. */
  const answered = async (words: readonly string[], typed: string): Promise<{ code: number }> => {
    const entry = `${import.meta.dirname}/../../src/soccs.ts`;
    const env = { ...bare_environment, DATABASE_URL: world.database_url, DEMO: "on" };
    const child = spawn(process.execPath, [entry, ...words], { env, stdio: "pipe" });
    child.stdin.end(typed);
    const code = await new Promise<number>((done) =>
      child.once("exit", (code) => done(code ?? -1)),
    );
    return { code };
  };
});
