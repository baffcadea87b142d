import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { soccs, type Ran } from "../support/soccs.ts";
import { openWorld, type World } from "../support/world.ts";

const here = ["--community", "kisumu-manyatta"];

/** Each command is a process of its own. */
const slow = { timeout: 60_000 };

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

  test("writes a book to print for its owner alone, and overwrites nothing", slow, async () => {
    const folder = await mkdtemp(join(tmpdir(), "soccs-book-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const out = join(folder, "wanjiku.html");
    await world.earned("Wanjiku Kamau", 7);
    const run = soccs(world.database_url);
    const write = (...words: string[]) =>
      run("people", "book", "kisumu-manyatta", ...words, "--out", out);
    const ran = await write("0711000102", "--json");
    expect(ran, ran.err).toMatchObject({ code: 0 });
    expect(JSON.parse(ran.out)).toMatchObject({ file: out, page: 1, pages: 1, closing: 7 });
    const page = await readFile(out, "utf8");
    expect(page).toContain("<h1>Kitabu cha SoCC</h1>");
    expect(page).toMatch(/<td>Zimepatikana<\/td><td data-label="Zilizoingia">7<\/td>/);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const [{ id = "" } = {}] = await find("Wanjiku");
    const refused = [
      await write(id),
      await write("0711000108"),
      await write("0711000199"),
      await write("Wanjiku"),
      await write(id, "--month", "2999-01"),
      await write(id, "--page", "2"),
      await run("people", "book", "kisumu-manyatta", id),
    ];
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2, 2, 2, 2]);
    expect(refused.map(({ err }) => err)).toEqual([
      expect.stringContaining("EEXIST"),
      expect.stringMatching(/several have the number .*\n {2}.*Atieno\n {2}.*Atieno/),
      expect.stringContaining("nobody has the number"),
      expect.stringContaining("wants a number, or an id"),
      expect.stringContaining("has not begun"),
      expect.stringContaining("--page 2: it has 1"),
      expect.stringContaining("--out"),
    ]);
  });

  test("exports, and erases once the id was repeated", async () => {
    const [{ id = "" } = {}] = await find("Akoth");
    const exported = await people("export", id, "--json");
    expect(JSON.parse(exported.out)).toMatchObject({ parts: { member: [{ id }] } });
    const read = await people("export", id);
    expect(read.out).toMatch(/^member\n(?: {2}.*\n)*? {2}name: Akoth Atieno\n/);
    const erase = (typed: string) =>
      soccs(world.database_url, { typed })("people", "erase", id, ...here);
    expect(await erase("yes\n")).toMatchObject({ code: 2 });
    expect(await find("Akoth")).toHaveLength(1);
    expect(await erase(`${id}\n`)).toMatchObject({ code: 0 });
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
});
