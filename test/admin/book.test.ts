import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { post } from "../../src/ledger/post.ts";
import { adminOf, keyFor, type Admin } from "../support/admin.ts";
import { autocommit, earning } from "../support/ledger.ts";
import { openWorld, type World } from "../support/world.ts";

const kisumu = "/communities/kisumu-manyatta";

interface Book {
  readonly opening: number;
  readonly closing: number;
  readonly gained: number;
  readonly lost: number;
  readonly brought_forward: number;
  readonly lines: readonly { what: string; amount: number; balance: number; when: string }[];
}

// R20: the whole book printable.
describe("a member's SoCC Book to print", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  const idOf = async (name: string): Promise<string> =>
    (
      await world.db
        .selectFrom("member")
        .select("id")
        .where("name", "=", name)
        .executeTakeFirstOrThrow()
    ).id;
  const path = async (name: string, query = ""): Promise<string> =>
    `${kisumu}/members/${await idOf(name)}/book${query}`;
  const book = async (name: string, query = ""): Promise<Book> =>
    (await women.get(await path(name, query), { accept: "application/json" }).gives(200)) as Book;
  const page = async (name: string, query = "") =>
    await women.get(await path(name, query)).answer();
  const told = ({ lines }: Book) =>
    lines.map(({ what, amount, balance }) => [what, amount, balance] as const);

  test("has all that happened to Achieng, in her words, and ends as the ledger does", async () => {
    const achieng = world.phoneOf("Achieng Otieno");
    const njeri = world.phoneOf("Mama Njeri Shop");
    const grace = world.phoneOf("Grace Akinyi");
    await world.earned("Achieng Otieno", 60);
    await world.timePasses({ minutes: 5 });
    await achieng.dials().presses("2", "2", "1").ends(/Claim/);
    await grace.dials().presses("8", "1", "1", "4826").ends("Confirmed");
    await world.timePasses({ minutes: 5 });
    await achieng.dials().presses("4", "0711000102", "25", "1", "2580").ends("Sent 25 SoCC");
    await world.timePasses({ minutes: 5 });
    await achieng.dials().presses("3", "2", "1", "2580").ends("Umbrella is ordered");
    const [, code = "", key = ""] = await achieng.receives(/Code (\d{6})\. Key (\d{5})/);
    await njeri
      .dials()
      .presses("8", code, key)
      .ends(/Mwavuli/);
    await world.timePasses({ minutes: 5 });
    const journals = (await women.get(`${kisumu}/ledger/journals?kind=transfer`).gives(200)) as {
      items: { id: string }[];
    };
    const sent = `${kisumu}/ledger/journals/${journals.items[0]?.id ?? ""}/reverse`;
    await women.post(sent, { reason: "wrong person" }).gives(201);

    const hers = await book("Achieng Otieno");
    expect(told(hers)).toEqual([
      ["Earned", 60, 60],
      ["Clean dump plot", 15, 75],
      ["To Wanjiku Kamau", -25, 50],
      ["Umbrella, Mama Njeri Shop", -40, 10],
      ["Corrected: To Wanjiku Kamau", 25, 35],
    ]);
    expect(hers).toMatchObject({ opening: 0, gained: 100, lost: 65, closing: 35, held: 0 });
    expect(hers.lines[1]).toMatchObject({ when: "14/3/26 5:45PM" });
    const accounts = (await women.get(`${kisumu}/ledger/accounts?limit=200`).gives(200)) as {
      items: { owner: string | null; posted: number }[];
    };
    for (const { owner, posted } of accounts.items)
      if (owner !== null) expect([owner, (await book(owner)).closing]).toEqual([owner, posted]);
    expect(told(await book("Mama Njeri Shop"))).toEqual([["Mwavuli, Achieng Otieno", 40, 40]]);
  });

  test("calls a sensitive deed by its neutral label", async () => {
    await world.db
      .updateTable("deed")
      .set({ sensitive: true })
      .where("code", "=", "HYGIENE")
      .execute();
    await world.phoneOf("Wanjiku Kamau").texts("DAI HYGIENE");
    await world.phoneOf("Grace Akinyi").receives(/Wanjiku Kamau/);
    await world.phoneOf("Grace Akinyi").dials().presses("8", "1", "1", "4826").ends("Confirmed");
    const hers = await book("Wanjiku Kamau");
    expect(told(hers).at(-1)).toEqual(["tendo jema", 8, 8]);
    expect((await page("Wanjiku Kamau")).body).not.toMatch(/[Hh]ygiene|usafi/);
  });

  test("is a page that needs nothing and runs nothing, in the member's own language", async () => {
    const { statusCode, headers, body } = await page("Wanjiku Kamau");
    expect(statusCode).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      vary: "accept",
    });
    const style = /<style>(.*?)<\/style>/s.exec(body)?.[1] ?? "";
    const digest = createHash("sha256").update(style).digest("base64");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(headers["content-security-policy"]).toContain(`'sha256-${digest}'`);
    expect(body).toContain('<html lang="sw">');
    expect(body).toContain("<h1>Kitabu cha SoCC</h1>");
    expect(body).toContain("<td>Imesahihishwa: Kutoka kwa Achieng Otieno</td>");
    expect(body).not.toMatch(/<script| style=|https?:|url\(|@import|254711/);
    expect(style).toContain("@media print");
    const grace = `${kisumu}/members/${await idOf("Grace Akinyi")}`;
    await women.patch(grace, { name: "G <b>&" }).gives(200);
    expect((await page("G <b>&")).body).toContain('<p class="who">G &lt;b&gt;&amp;</p>');
  });

  test("a month begins with what was there before, in the community's zone", async () => {
    await world.timePasses({ days: 30 });
    await world
      .phoneOf("Achieng Otieno")
      .dials()
      .presses("4", "0711000103", "5", "1", "2580")
      .ends("Sent 5 SoCC");
    const april = await book("Achieng Otieno", "?month=2026-04");
    expect(april).toMatchObject({ month: "2026-04", opening: 35, gained: 0, lost: 5, closing: 30 });
    expect(told(april)).toEqual([["To Ouma Odhiambo", -5, 30]]);
    expect(await book("Achieng Otieno", "?month=2026-03")).toMatchObject({
      closing: 35,
      held: null,
    });
    for (const [query, status, field] of [
      ["?month=2026-05", 422, "month"],
      ["?month=2026-02", 422, "month"],
      ["?month=2026-13", 400, "month"],
      ["?page=0", 400, "page"],
      ["?page=2", 422, "page"],
    ] as const)
      await women
        .get(await path("Achieng Otieno", query))
        .gives(status, { errors: [{ in: "query", field }] });
    const nobody = "0198b2a0-0000-7000-8000-000000000000";
    await women.get(`${kisumu}/members/${nobody}/book`).gives(404);
  });

  test("a long one goes on from page to page without a gap", async () => {
    const { community_id, id } = await world.db
      .selectFrom("member")
      .select(["community_id", "id"])
      .where("name", "=", "Mary Atieno")
      .executeTakeFirstOrThrow();
    await post(
      autocommit(world.db),
      community_id,
      Array.from({ length: 510 }, () => earning(id, 2)),
    );
    const [first, second] = [await book("Mary Atieno"), await book("Mary Atieno", "?page=2")];
    expect([first.lines.length, second.lines.length]).toEqual([500, 10]);
    expect(first.lines.at(-1)?.balance).toBe(1_000);
    expect(second).toMatchObject({ brought_forward: 1_000, closing: 1_020, pages: 2 });
    expect((await page("Mary Atieno")).body).toContain("Oboke 1/2");
    expect((await world.verifyBooks()).ok).toBe(true);
  });
});
