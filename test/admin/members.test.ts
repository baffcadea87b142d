import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { adminOf, keyFor, type Admin } from "../support/admin.ts";
import { openWorld, type World } from "../support/world.ts";

const all = "/communities/kisumu-manyatta/members";

interface Listed {
  readonly items: readonly { id: string; name: string; phone: string }[];
  readonly next: string | null;
}

describe("members", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  const list = async (query = ""): Promise<Listed> =>
    (await women.get(`${all}${query}`).gives(200)) as Listed;
  const idOf = async (name: string): Promise<string> => {
    const { items } = await list();
    return items.find((member) => member.name === name)!.id;
  };

  const amina = { name: "Amina Hassan", phone: "+254711000199", language: "sw" };

  test("are listed whole by pages, and by role, status and number", async () => {
    const first = await list("?limit=5");
    const second = await list(`?limit=5&cursor=${first.next!}`);
    expect(first.items).toHaveLength(5);
    expect(second.next).toBeNull();
    const ids = [...first.items, ...second.items].map(({ id }) => id);
    expect(ids).toEqual((await list()).items.map(({ id }) => id));
    expect((await list("?role=vendor")).items.map(({ name }) => name)).toEqual([
      "Okello Solar",
      "Mama Njeri Shop",
    ]);
    expect((await list("?phone=%2B254711000108")).items).toHaveLength(2);
    expect((await list("?status=closed")).items).toEqual([]);
  });

  test("one is enrolled, has an account, and is known when she dials", async () => {
    await women.post(all, amina).gives(201, { ...amina, roles: ["member"], balance: 0 });
    await world
      .phoneOf(amina.phone)
      .dials()
      .sees(/SoCC|PIN|[Ll]ugha|language/);
    const { ok } = await world.verifyBooks();
    expect(ok).toBe(true);
  });

  test("a vendor is enrolled with what she hands over", async () => {
    const vendor = { agreement: "small", place: "Kibuye", serves: ["SCHOOL"] };
    const shop = {
      name: "Atieno Books",
      phone: "+254711000198",
      language: "en",
      roles: ["vendor"],
    };
    await women.post(all, { ...shop, vendor }).gives(201, { vendor });
    const id = await idOf("Atieno Books");
    await women.patch(`${all}/${id}`, { vendor: { serves: ["SCHOOL", "UMBRELLA"] } }).gives(200, {
      vendor: { ...vendor, serves: ["SCHOOL", "UMBRELLA"] },
    });
    await women
      .patch(`${all}/${id}`, { roles: ["member"] })
      .gives(422, { errors: [{ field: "roles" }] });
  });

  test("a group is enrolled, kept by whoever has its phone, and stays a group", async () => {
    const keeper = await idOf("Achieng Otieno");
    const club = { name: "School Fund", phone: "+254711000101", language: "en", roles: ["group"] };
    await women.post(all, club).gives(201, { roles: ["group"], guardian_id: keeper, balance: 0 });
    const id = await idOf("School Fund");
    await women
      .patch(`${all}/${id}`, { roles: ["member"] })
      .gives(422, { errors: [{ field: "roles" }] });
    await women.patch(`${all}/${id}`, { name: "School Trust" }).gives(200);
    const { items } = (await women.get(`${all}?role=group`).gives(200)) as Listed;
    expect(items.map(({ name }) => name)).toEqual(["School Trust", "Umoja Savings Group"]);
    const summary = "/communities/kisumu-manyatta/reports/summary";
    await women.get(summary).gives(200, { members: { groups: 2 } });
    await women.patch(`${all}/${id}`, { status: "closed" }).gives(200);
  });

  test.each([
    [{ ...amina }, 409, "phone"],
    [{ ...amina, name: "AMINA HASSAN" }, 409, "phone"],
    [{ ...amina, phone: "0711000199" }, 400, "phone"],
    [{ ...amina, name: "Else", language: "fr" }, 422, "language"],
    [{ ...amina, name: "Else", roles: ["vendor"] }, 400, "vendor"],
    [{ ...amina, name: "Else", roles: ["member", "member"] }, 400, "roles"],
    [{ ...amina, name: "Else", roles: ["member", "group"] }, 400, "roles"],
    [
      { ...amina, name: "Else", guardian_id: "0198b2a0-0000-7000-8000-000000000000" },
      422,
      "guardian_id",
    ],
    [{ ...amina, name: "\u0000" }, 400, "name"],
    [
      {
        ...amina,
        name: "Else",
        roles: ["vendor"],
        vendor: { agreement: "csr", place: "x", serves: ["CHAIRS"] },
      },
      422,
      "vendor.serves.0",
    ],
  ])("who cannot be enrolled is told by the field (%#)", async (body, status, field) => {
    await women.post(all, body).gives(status, { errors: [{ in: "body", field }] });
  });

  test("one phone serves seven accounts and no more", async () => {
    const shared = { phone: "+254711000180", language: "en" };
    for (const name of ["A", "B", "C", "D", "E", "F", "G"])
      await women.post(all, { ...shared, name }).gives(201);
    await women.post(all, { ...shared, name: "H" }).gives(409, { errors: [{ field: "phone" }] });
  });

  test("a child has her guardian's phone", async () => {
    const guardian_id = await idOf("Achieng Otieno");
    const child = { name: "Adhiambo", language: "luo", guardian_id };
    await women
      .post(all, { ...child, phone: amina.phone })
      .gives(422, { errors: [{ field: "phone" }] });
    await women.post(all, { ...child, phone: "+254711000101" }).gives(201, { guardian_id });
  });

  test("name, language, roles and status change, with an audit row that holds no number", async () => {
    const id = await idOf("Amina Hassan");
    await women
      .patch(`${all}/${id}`, { language: "en", roles: ["member", "manager"], status: "closed" })
      .gives(200, { language: "en", roles: ["member", "manager"], status: "closed" });
    const { items } = (await women.get("/audit").gives(200)) as { items: object[] };
    expect(items[0]).toMatchObject({
      act: "member.changed",
      subject: `member:${id}`,
      before: { language: "sw", roles: ["member"], status: "active" },
      after: { language: "en", roles: ["member", "manager"], status: "closed" },
    });
    expect(await world.everythingStored()).not.toContain(amina.phone.slice(1));
  });

  test("a number is not changed here, and whoever sends it back as it is may", async () => {
    const id = await idOf("Grace Akinyi");
    await women
      .patch(`${all}/${id}`, { phone: "+254711000197" })
      .gives(409, { title: "A number is not changed here", errors: [{ field: "phone" }] });
    await women.patch(`${all}/${id}`, { phone: "+254711000104" }).gives(200);
  });

  test("a change goes by what was read: If-Match", async () => {
    const id = await idOf("Grace Akinyi");
    const etag = String((await women.get(`${all}/${id}`).answer()).headers["etag"]);
    await women.patch(`${all}/${id}`, { name: "Grace A." }, { "if-match": etag }).gives(200);
    await women.patch(`${all}/${id}`, { name: "Grace" }, { "if-match": etag }).gives(412);
  });

  test("who earns meanwhile is changed all the same", async () => {
    const one = `${all}/${await idOf("Wanjiku Kamau")}`;
    const etag = String((await women.get(one).answer()).headers["etag"]);
    await world.earned("Wanjiku Kamau", 5);
    await women.patch(one, { name: "Wanjiku K." }, { "if-match": etag }).gives(200, { balance: 5 });
    const changed = String((await women.get(one).answer()).headers["etag"]);
    expect(changed).not.toBe(etag);
    await world.earned("Wanjiku K.", 5);
    await women.get(one).gives(200, { balance: 10 });
    expect((await women.get(one).answer()).headers["etag"]).toBe(changed);
  });

  test("an answer kept for a repetition shows no number to whoever reads the table", async () => {
    const body = { ...amina, name: "Zawadi", phone: "+254711000196" };
    const once = { "idempotency-key": "zawadi" };
    const first = await women.post(all, body, once).answer();
    const again = await women.post(all, body, once).answer();
    expect([again.statusCode, again.body]).toEqual([201, first.body]);
    expect(await world.everythingStored()).not.toContain("254711000196");
  });
});
