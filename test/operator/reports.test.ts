import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshDatabase, type TestDatabase } from "../support/database.ts";
import { soccs } from "../support/soccs.ts";
import { readWorkbook } from "../support/workbook.ts";

const file = join(import.meta.dirname, "../../menus/communities/madurai-ward.yaml");

describe("soccs reports", () => {
  let database: TestDatabase;
  let folder: string;
  beforeAll(async () => {
    database = await freshDatabase();
    folder = await mkdtemp(join(tmpdir(), "soccs-reports-"));
  });
  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const workbook = (slug: string, month: string, out: string) =>
    soccs(database.url)("reports", "workbook", slug, "--month", month, "--out", out, "--json");

  test("writes a month's workbook for its owner alone, and overwrites nothing", async () => {
    expect((await soccs(database.url)("communities", "apply", file)).code).toBe(0);
    // The command has the clock on the wall, and a community just founded no other month.
    const today = new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Kolkata" });
    const month = today.slice(0, 7);
    const out = join(folder, "month.xlsx");
    const ran = await workbook("madurai-ward", month, out);
    expect(ran).toMatchObject({ code: 0, err: "" });
    expect(JSON.parse(ran.out)).toMatchObject({ community: "madurai-ward", month, file: out });
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    const book = await readWorkbook(await readFile(out));
    expect(book.summary("Dates and times are those of")[0]).toBe("Asia/Kolkata");
    expect(book.total("Members")).toMatchObject({ Opening: 0, Closing: 0 });

    const again = await workbook("madurai-ward", month, out);
    expect(again).toMatchObject({ code: 2, out: "" });
    expect(again.err).toContain("EEXIST");
  });

  test("refuses with exit code 2 and says what is wanted", async () => {
    const out = join(folder, "none.xlsx");
    const refused = [
      await workbook("nowhere", "2026-10", out),
      await workbook("madurai-ward", "2026-1", out),
      await workbook("madurai-ward", "2999-01", out),
      await soccs(database.url)("reports", "workbook", "madurai-ward", "--month", "2026-10"),
    ];
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(refused.map(({ err }) => err.split("\n")[0])).toEqual([
      "no community nowhere",
      expect.stringContaining("wants a month, such as 2026-10"),
      expect.stringContaining("has not begun"),
      expect.stringContaining("--out"),
    ]);
  });
});
