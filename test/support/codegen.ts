import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");

/**
 * Runs kysely-codegen on a migrated database: writes src/db/types.ts, or with `--verify` throws
 * when that file is not what it would write.
 */
export function runCodegen(url: string, flags: readonly string[]): void {
  execFileSync(
    join(root, "node_modules/.bin/kysely-codegen"),
    [
      ...["--dialect", "postgres", "--url", url, "--out-file", join(root, "src/db/types.ts")],
      ...["--exclude-pattern", "{kysely_*,bullmq.*}"],
      // The pool reads bigint as a checked number.
      ...["--type-mapping", JSON.stringify({ int8: "number" })],
      ...flags,
    ],
    { stdio: "pipe" },
  );
}
