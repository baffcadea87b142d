import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { adminOf, keyFor, overseer, type Admin, type Call } from "../support/admin.ts";
import { askForCash, giveSoccs } from "../support/cash-out.ts";
import { raiseDisputes } from "../support/disputes.ts";
import { everything, everythingAtRest } from "../support/everything.ts";
import { operationsOf } from "../support/openapi.ts";
import { fillCache, passedProposals } from "../support/proposals.ts";
import { query } from "../support/servers.ts";
import { unknownTexts } from "../support/texts.ts";
import { openWorld, type World } from "../support/world.ts";
import { bantama } from "./bantama.ts";

const kisumu = "/communities/kisumu-manyatta";

// R31, R1.
test("a partner is told of its own keys by name, and of the overseer's that they are such", async () => {
  const world = await openWorld();
  onTestFinished(() => world.close());
  const boss = overseer(world);
  const made = await boss.post("/keys", { name: "Jane, head office" }).gives(201);
  const jane = adminOf(world, (made as { key: string }).key);
  const women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  await women.patch(kisumu, { name: "Manyatta A" }).gives(200);
  await jane.patch(kisumu, { name: "Manyatta B" }).gives(200);
  await boss.patch(kisumu, { name: "Manyatta C" }).gives(200);
  await world.phoneOf("Achieng Otieno").dials().presses("2", "2", "1").ends(/Claim/);
  await world.phoneOf("Grace Akinyi").dials().presses("8", "1", "1", "4826").ends("Confirmed");
  const namesTo = async (reader: Admin): Promise<readonly unknown[]> => {
    const log = await reader.get("/audit?community=kisumu-manyatta&limit=4").gives(200);
    return (log as { items: { actor_name: string | null }[] }).items.map((row) => row.actor_name);
  };
  expect(await namesTo(women)).toEqual([null, "overseer", "overseer", "Manyatta Women's Network"]);
  expect(await namesTo(boss)).toEqual([
    ...[null, null],
    ...["Jane, head office", "Manyatta Women's Network"],
  ]);
});

describe("every act of an administrator is in the audit log, with the act or not at all", () => {
  let world: World;
  let boss: Admin;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    boss = overseer(world);
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  /** One good request for each route that writes, by the act that the log will name. */
  async function acts(): Promise<Readonly<Record<string, () => Call>>> {
    const [dispute = ""] = await raiseDisputes(world, 1);
    const { id: alert } = await world.db.selectFrom("alert").select("id").executeTakeFirstOrThrow();
    await fillCache(world.db, 1_000);
    const [passed = "", unwanted = ""] = await passedProposals(world, 2);
    const cash_out = await askForCash(world, "Mama Njeri Shop", { has: 50, asks: 20 });
    await giveSoccs(world, "Okello Solar", 50);
    const { id: journal } = await world.db
      .selectFrom("ledger.journal")
      .select("id")
      .orderBy("id", "desc")
      .executeTakeFirstOrThrow();
    const { id: member } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Grace Akinyi")
      .executeTakeFirstOrThrow();
    const changes = `${kisumu}/menus/changes`;
    const draft = { note: "x", accrual_ratio: 7 };
    const drafted = async (): Promise<string> =>
      ((await women.post(changes, draft).gives(201)) as { id: string }).id;
    const [approved, returned] = [await drafted(), await drafted()];
    const { id: key } = (await boss.post("/keys", { name: "x" }).gives(201)) as { id: string };
    const [lost = "", found = ""] = await unknownTexts(world, 2);
    const { id: leaving } = await world.db
      .selectFrom("member")
      .select("id")
      .where("name", "=", "Ouma Odhiambo")
      .executeTakeFirstOrThrow();
    const zawadi = { name: "Zawadi", phone: "+254711000190", language: "en" };
    return {
      "alert.acknowledged": () => women.post(`${kisumu}/alerts/${alert}/acknowledge`),
      "dispute.upheld": () => women.post(`${kisumu}/disputes/${dispute}/decide`, { upholds: true }),
      "cash-out.paid": () => women.post(`${kisumu}/cash-outs/${cash_out}/paid`),
      "community.founded": () => boss.post("/communities", bantama),
      "community.changed": () => women.patch(kisumu, { name: "Manyatta" }),
      "key.created": () => boss.post("/keys", { name: "y" }),
      "key.revoked": () => boss.post(`/keys/${key}/revoke`),
      "journal.reversed": () =>
        women.post(`${kisumu}/ledger/journals/${journal}/reverse`, { reason: "not so" }),
      "member.enrolled": () => women.post(`${kisumu}/members`, zawadi),
      "member.changed": () => women.patch(`${kisumu}/members/${member}`, { language: "sw" }),
      "member.erased": () => women.post(`${kisumu}/members/${leaving}/erase`, {}),
      "menu.drafted": () => women.post(changes, draft),
      "menu.approved": () => boss.post(`${changes}/${approved}/approve`),
      "menu.returned": () => boss.post(`${changes}/${returned}/return`, { reason: "no" }),
      "proposal.put": () => women.post(`${kisumu}/proposals`, { reward: "CHAIRS" }),
      "proposal.done": () => women.post(`${kisumu}/proposals/${passed}/done`),
      "proposal.cancelled": () =>
        women.post(`${kisumu}/proposals/${unwanted}/cancel`, { reason: "not now" }),
      "text.resent": () => women.post(`${kisumu}/messages/${lost}/resend`),
      "text.settled": () => women.post(`${kisumu}/messages/${found}/settle`, { as: "failed" }),
    };
  }

  test("where the log cannot be written nothing is done; where it can, both are", async () => {
    const all = await acts();
    const writes = (await operationsOf(world)).filter(({ method }) => method !== "GET");
    expect(Object.keys(all)).toHaveLength(writes.length);

    await query(world.database_url, "revoke insert on audit_event from soccs_app");
    const before = await everythingAtRest(world);
    for (const [act, call] of Object.entries(all)) {
      const { statusCode } = await call().answer();
      expect([act, statusCode]).toEqual([act, 500]);
    }
    expect(await everything(world)).toBe(before);
    await query(world.database_url, "grant insert on audit_event to soccs_app");

    const logged = async (act: string): Promise<number> =>
      (await world.db.selectFrom("audit_event").select("id").where("act", "=", act).execute())
        .length;
    for (const [act, call] of Object.entries(all)) {
      const earlier = await logged(act);
      expect((await call().answer()).statusCode, act).toBeLessThan(300);
      expect([act, await logged(act)]).toEqual([act, earlier + 1]);
    }
  });
});
