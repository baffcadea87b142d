import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, overseer, type Admin } from "../support/admin.ts";
import { raiseDisputes } from "../support/disputes.ts";
import type { Phone } from "../support/phone.ts";
import { openWorld, type World } from "../support/world.ts";

const all = "/communities/kisumu-manyatta/disputes";

interface Dispute {
  readonly id: string;
  readonly receipt: string;
  readonly reversal_id: string | null;
}

// R17: a manager by phone and the partner here.
describe("a partner decides on disputes", () => {
  let world: World;
  let women: Admin;
  let achieng: Phone, wanjiku: Phone, grace: Phone;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
    achieng = world.phoneOf("Achieng Otieno");
    wanjiku = world.phoneOf("Wanjiku Kamau");
    grace = world.phoneOf("Grace Akinyi");
  });
  afterAll(() => world.close());

  const disputed = async (): Promise<string> => (await raiseDisputes(world, 1))[0] ?? "";
  const listed = async (query = ""): Promise<readonly Dispute[]> =>
    ((await women.get(`${all}${query}`).gives(200)) as { items: Dispute[] }).items;
  const decide = (id: string, upholds: boolean, headers = {}) =>
    women.post(`${all}/${id}/decide`, { upholds }, headers);
  const graceDecides = (choice: "1" | "2") => grace.dials().presses("9", "8", "1", choice, "4826");
  const alertsOf = async (status: string) =>
    (
      (await women
        .get(`/communities/kisumu-manyatta/alerts?kind=dispute-raised&status=${status}`)
        .gives(200)) as { items: object[] }
    ).items;

  test("both uphold: it is reversed once, both parties have a text, and the alert ends", async () => {
    const id = await disputed();
    const [waiting] = await listed("?status=open");
    expect(waiting).toMatchObject({
      ...{ id, member: "Achieng Otieno", other: "Wanjiku Kamau", moved: -5 },
      ...{ manager_upholds: null, partner_upholds: null },
    });
    expect(await alertsOf("open")).toMatchObject([{ facts: { dispute_id: id } }]);
    await decide(id, true).gives(200, { status: "open", partner_upholds: true });
    await decide(id, false).gives(409, { title: "This was decided already" });
    await graceDecides("1").ends("It is undone");
    const [ended] = await listed("?status=upheld");
    expect(ended?.reversal_id).toEqual(expect.any(String));
    const undone = new RegExp(`${waiting?.receipt ?? ""}.*5 SoCC .*Balance 5`);
    await achieng.receives(undone);
    await wanjiku.receives(new RegExp(`${waiting?.receipt ?? ""}.*Salio 0`));
    expect(await alertsOf("open")).toEqual([]);
    expect(await alertsOf("ended")).toMatchObject([{ facts: { dispute_id: id } }]);
    await decide(id, true).gives(409);
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("the manager first, then the partner; the same request again is the same decision", async () => {
    const id = await disputed();
    await graceDecides("1").ends("The partner decides too");
    const once = { "idempotency-key": `decide-${id}` };
    const first = await decide(id, true, once).answer();
    expect(first.json()).toMatchObject({ status: "upheld", manager_upholds: true });
    const again = await decide(id, true, once).answer();
    expect([again.statusCode, again.body]).toEqual([200, first.body]);
    expect(again.headers["idempotency-replayed"]).toBe("true");
    const { items } = (await women.get("/audit?act=dispute.upheld").gives(200)) as {
      items: { actor: string; subject: string; after: object }[];
    };
    expect(items[0]).toMatchObject({
      actor: expect.stringMatching(/^key:/) as string,
      subject: `dispute:${id}`,
      after: { state: "upheld" },
    });
  });

  test("they differ: it ends when both have decided, and what was disputed stands", async () => {
    const [first = "", second = ""] = await raiseDisputes(world, 2);
    await decide(first, false).gives(200, { status: "open", partner_upholds: false });
    await graceDecides("1").ends("stands. Both get a text.");
    await achieng.receives(/was disputed and stands: 5 SoCC/);
    await graceDecides("2").ends("The partner decides too");
    expect(await listed("?status=open")).toMatchObject([{ id: second, manager_upholds: false }]);
    await decide(second, true).gives(200, { status: "declined", reversal_id: null });
    await decide(second, true).gives(409);
    expect(await listed("?status=declined")).toMatchObject([{ id: second }, { id: first }]);
  });

  test("what has been spent meanwhile is told, and can be tried again", async () => {
    const id = await disputed();
    // What the disputes before left her, and these five.
    await wanjiku.dials().presses("4", "0711000103", "15", "1", "3691").ends(/15/);
    await graceDecides("1").ends("The partner decides too");
    await decide(id, true).gives(409, { title: "What was given has been spent" });
    expect(await listed("?status=open")).toMatchObject([{ id, partner_upholds: null }]);
    await world.earned("Wanjiku Kamau", 5);
    await decide(id, true).gives(200, { status: "upheld" });
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("a decision goes by what was read: If-Match", async () => {
    const id = await disputed();
    await decide(id, true, { "if-match": '"older"' }).gives(412);
    const read = await women.get(`${all}/${id}`).answer();
    expect(read.json()).toMatchObject({ id, status: "open", member: "Achieng Otieno" });
    const etag = String(read.headers["etag"]);
    await decide(id, true, { "if-match": etag }).gives(200, { status: "open" });
  });

  test("of what the only manager recorded the partner decides alone, and is told so", async () => {
    const withRoles = (roles: string[]) =>
      world.db.updateTable("member").set({ roles }).where("name", "=", "Baraka Mwangi").execute();
    await grace.dials().presses("9", "1", "0711000102", "2", "1", "4826").ends("Recorded");
    await wanjiku.dials().presses("6", "7", "1", "1").ends("imepingwa");
    await grace
      .dials()
      .presses("9", "8")
      .sees(/^CON (?!.*Wanjiku)/s);
    const { id: acted_by } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Grace Akinyi")
      .executeTakeFirstOrThrow();
    const [recorded] = await listed("?status=open");
    expect(recorded).toMatchObject({ member: "Wanjiku Kamau", acted_by, partner_alone: false });
    const id = recorded?.id ?? "";
    await decide(id, true).gives(200, { status: "open" });
    // The other manager goes: the partner need not wait for nobody.
    await withRoles(["member"]);
    expect(await listed("?limit=1")).toMatchObject([{ id, status: "open", partner_alone: true }]);
    await decide(id, true).gives(200, { status: "upheld", manager_id: null, partner_alone: true });
    await wanjiku.receives(/Imebatilishwa/);
    await withRoles(["member", "manager"]);
  });

  test("the overseer may decide; another partner finds nothing", async () => {
    const id = await disputed();
    const elders = adminOf(world, await otherPartner(world));
    await elders.get(all).gives(404);
    await elders.post(`${all}/${id}/decide`, { upholds: true }).gives(404);
    await overseer(world).post(`${all}/${id}/decide`, { upholds: false }).gives(200);
    await women.post(`${all}/${id}/decide`, {}).gives(400, { errors: [{ field: "upholds" }] });
    await decide("0198b2a0-0000-7000-8000-000000000000", true).gives(404);
  });
});

async function otherPartner(world: World): Promise<string> {
  await world.db
    .insertInto("partner")
    .values({ id: "0198b2a0-0000-7000-8000-00000000000a", name: "Elders", created_at: new Date() })
    .execute();
  return await keyFor(world, "Elders");
}
