import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compose } from "../../src/compose/service.ts";
import { adminOf, keyFor, type Admin } from "../support/admin.ts";
import { readWorkbook } from "../support/workbook.ts";
import { openWorld, type World } from "../support/world.ts";

const kisumu = "/communities/kisumu-manyatta/reports";

// R22, R24.
describe("reports over the admin API", () => {
  let world: World;
  let women: Admin;
  beforeAll(async () => {
    world = await openWorld();
    women = adminOf(world, await keyFor(world, "Manyatta Women's Network"));
  });
  afterAll(() => world.close());

  test("the partner saves the workbook of a month", async () => {
    await world.phoneOf("Achieng Otieno").dials().presses("2", "2", "1").ends(/Claim/);
    const grace = world.phoneOf("Grace Akinyi");
    const [, code = ""] = await grace.receives(/OK (\w{4}) PIN/);
    await grace.texts(`OK ${code} ${world.pinOf("Grace Akinyi")}`);
    await world.phoneOf("Achieng Otieno").receives(/You earned 15/);

    const saved = await women.get(`${kisumu}/workbook?month=2026-03`).answer();
    expect(saved.statusCode).toBe(200);
    expect(saved.headers).toMatchObject({
      "content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
      "content-disposition": 'attachment; filename="kisumu-manyatta-2026-03.xlsx"',
      "cache-control": "no-store",
    });
    const book = await readWorkbook(saved.rawPayload);
    expect(book.rows("Deeds")).toMatchObject([{ Deed: "Clean dump plot", iSoCC: 15 }]);
    expect((await world.verifyBooks()).ok).toBe(true);
  });

  test("a month that cannot be is named", async () => {
    for (const [month, status] of [
      ["2026-04", 422],
      ["2026-02", 422],
      ["2026-13", 400],
      ["2026-3", 400],
    ] as const)
      await women
        .get(`${kisumu}/workbook?month=${month}`)
        .gives(status, { errors: [{ in: "query", field: "month" }] });
    await women.get(`${kisumu}/workbook`).gives(400, { errors: [{ field: "month" }] });
  });

  test("no more are made at once than the machine bears", async () => {
    // With as many connections as in production: the world's own lets fewer administrators in at once.
    const service = await compose({
      ...world.parts,
      ...{ role: "web", connections_max: 20, demo: [] },
    });
    onTestFinished(() => service.close());
    const many = adminOf({ service }, await keyFor(world, "Manyatta Women's Network"));
    const asked = Array.from({ length: 10 }, () =>
      many.get(`${kisumu}/workbook?month=2026-03`).answer(),
    );
    const statuses = (await Promise.all(asked)).map(({ statusCode }) => statusCode);
    expect(new Set(statuses)).toEqual(new Set([200, 429]));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(2);
    expect((await women.get(`${kisumu}/workbook?month=2026-03`).answer()).statusCode).toBe(200);
  });

  test("the summary tells as many months as are asked for", async () => {
    await women.get(`${kisumu}/summary`).gives(200, {
      months: [{ month: "2026-03", earned: 15, outstanding: 15, accrued: 3, cache: 3 }],
      deeds: [{ code: "DUMP", count: 1, total: 15 }],
      liquidity: { percent: 0 },
    });
    await women.get(`${kisumu}/summary?months=37`).gives(400, { errors: [{ field: "months" }] });
  });

  test("the document says what kind of file it is", async () => {
    const answer = await world.service.app.inject({ url: "/admin/v1/openapi.json" });
    expect(answer.json()).toMatchObject({
      paths: {
        "/admin/v1/communities/{community}/reports/workbook": {
          get: {
            responses: {
              200: {
                content: {
                  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {
                    schema: { type: "string", format: "binary" },
                  },
                },
              },
            },
          },
        },
      },
    });
  });
});
