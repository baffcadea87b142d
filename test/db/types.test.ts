import { afterAll, beforeAll, expect, test } from "vitest";
import { runCodegen } from "../support/codegen.ts";
import { freshDatabase, type TestDatabase } from "../support/database.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

test("src/db/types.ts is what the migrations make; else run `npm run db:types`", () => {
  expect(() => runCodegen(database.url, ["--verify"])).not.toThrow();
});
