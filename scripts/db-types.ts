/**
 * Writes src/db/types.ts from a freshly migrated database. `test/db/types.test.ts` fails when the
 * committed file is not what this writes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbedded } from "../src/db/embedded/index.ts";
import { migrate } from "../src/db/migrate.ts";
import { runCodegen } from "../test/support/codegen.ts";

const dir = mkdtempSync(join(tmpdir(), "soccs-types-"));
const postgres = await startEmbedded({ dir, durability: "none", log: console.log });
try {
  await migrate(postgres.url);
  runCodegen(postgres.url, []);
} finally {
  await postgres.stop();
  rmSync(dir, { recursive: true });
}
