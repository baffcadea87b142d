import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWorld, type World } from "../support/world.ts";
import { soccs, type Ran } from "../support/soccs.ts";

interface Listed {
  readonly id: string;
  readonly state: string;
  readonly recipient: string;
}

describe("soccs messages", () => {
  let world: World;
  let run: (...words: string[]) => Promise<Ran>;
  beforeAll(async () => {
    world = await openWorld();
    const messages = soccs(world.database_url);
    run = (...words) => messages("messages", ...words, "--community", "kisumu-manyatta");
    // A text whose fate nobody knows, and one that arrives.
    world.simulator.failNext(achieng, { answer: "broken", delivers: false });
    await world.phoneOf("Achieng Otieno").texts("BAL");
    await world.phoneOf("Wanjiku Kamau").texts("BAL");
    await eventually(async () => {
      const rows = await world.db.selectFrom("message").select("state").execute();
      expect(rows.map(({ state }) => state).sort()).toEqual(["delivered", "unknown"]);
    });
  });
  afterAll(() => world.close());

  const achieng = "+254711000101";
  const list = async (...words: string[]): Promise<readonly Listed[]> =>
    JSON.parse((await run("list", "--json", ...words)).out) as Listed[];

  /** The command line reads the wall's clock: what it writes is due by then. */
  const untilTheWallsClock = (): Promise<void> => {
    const ahead_ms = Date.now() - world.clock.now().getTime();
    return world.timePasses({ minutes: Math.max(0, Math.ceil(ahead_ms / 60_000)) });
  };

  test("lists them by state and by phone, and shows no whole number", async () => {
    expect(await list()).toHaveLength(2);
    expect(await list("--state", "unknown")).toMatchObject([{ recipient: "+254*****101" }]);
    expect(await list("--phone", "0711 000 102")).toMatchObject([{ state: "delivered" }]);
    expect(await list("--phone", achieng, "--state", "delivered")).toEqual([]);
    expect(await list("--limit", "1")).toHaveLength(1);
    const { out } = await run("list", "--phone", achieng);
    expect(out).toMatch(/\+254\*{5}101 {2}answer {2}unknown \(HTTP 500\) {2}1 seg {2}Balance 0/);
    expect((await run("list", "--state", "delivered")).out).toMatch(/1 seg {2}KES 0\.8000 {2}/);
    expect(out).not.toContain("711000101");
  });

  test("counts them and their segments by state", async () => {
    expect((await run("count")).out).toMatch(/^delivered {2}1 texts, 1 segments, KES 0\.8000$/m);
    expect(JSON.parse((await run("count", "--json")).out)).toMatchObject({
      unknown: { texts: 1, segments: 1 },
      failed: { texts: 0, segments: 0, costs: [] },
    });
  });

  test("sends one again once, and settles it as what was found out", async () => {
    const [unknown] = await list("--state", "unknown");
    const id = unknown?.id ?? "";
    const resent = await run("resend", id);
    expect(resent).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^sent again as/) as string,
    });
    await untilTheWallsClock();
    await world.phoneOf("Achieng Otieno").receives(/^Balance 0/);
    expect(await run("resend", id)).toMatchObject({
      code: 2,
      err: expect.stringContaining("sent again before") as string,
    });
    expect(await run("settle", id, "--as", "failed")).toMatchObject({ err: "", code: 0 });
    expect((await run("settle", id, "--as", "delivered")).err).toContain("it is failed");
    const acts = await world.db
      .selectFrom("audit_event")
      .select(["actor", "act"])
      .where("act", "like", "text.%")
      .execute();
    expect(acts).toEqual([
      { actor: "service", act: "text.resent" },
      { actor: "service", act: "text.settled" },
    ]);
  });

  test("sends a text with a code again whole, though the code is shown nowhere", async () => {
    await world.earned("Achieng Otieno", 40);
    world.simulator.failNext(achieng, { answer: "broken", delivers: false });
    await world.phoneOf("Achieng Otieno").texts("REDEEM UMBRELLA Achieng 2580");
    const [held] = await eventually(async () => {
      const found = await list("--state", "unknown");
      expect(found).toMatchObject([{ text: expect.stringContaining("Key ****") as string }]);
      return found;
    });
    expect((await run("resend", held?.id ?? "")).code).toBe(0);
    await untilTheWallsClock();
    await world.phoneOf("Achieng Otieno").receives(/Code \d{6}\. Key \d{5}/);
  });

  test("refuses with exit code 2 and says what is wanted", async () => {
    const [known] = await list("--state", "delivered");
    const elsewhere = soccs(world.database_url);
    const refused = await Promise.all([
      elsewhere("messages", "list"),
      elsewhere("messages", "list", "--community", "nowhere"),
      run("list", "--state", "lost"),
      run("list", "--phone", "12"),
      run("list", "--limit", "201"),
      run("resend", "me"),
      run("resend", uuid()),
      run("resend", known?.id ?? ""),
      run("settle", known?.id ?? ""),
      run("settle", known?.id ?? "", "--as", "delivered"),
      run("settle", uuid(), "--as", "delivered"),
    ]);
    expect(refused.map(({ code }) => code)).toEqual(refused.map(() => 2));
    expect(refused.map(({ err }) => err.split("\n")[0])).toEqual([
      expect.stringContaining("--community"),
      "no community nowhere",
      expect.stringContaining("queued, sending"),
      expect.stringContaining("--phone: wants a number"),
      expect.stringContaining("wants 1 to 200"),
      expect.stringContaining("wants an id"),
      expect.stringContaining("no text"),
      "this text is delivered: it is not sent again",
      expect.stringContaining("--as"),
      "what became of this text is known: it is delivered",
      expect.stringContaining("no text"),
    ]);
    expect((await elsewhere("messages", "--help")).code).toBe(0);
  });
});
