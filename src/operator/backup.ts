import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { DamagedBackup } from "../db/backup/format.ts";
import { writeBackup } from "../db/backup/write.ts";
import { verifyAll } from "../domain/books.ts";
import { restoreService, type Restored } from "../domain/restoring.ts";
import { describe } from "./ledger.ts";
import { Refused, type WithDatabase, type WithOwner } from "./operator.ts";

interface Given {
  readonly json?: boolean;
}

/** `soccs backup` and `soccs restore`: everything the service keeps, in one file. */
export function addBackup(
  program: Command,
  withOwner: WithOwner,
  withDatabase: WithDatabase,
): void {
  program
    .command("backup")
    .description(
      "Write everything the service keeps into one file, beside the running service. It holds names, " +
        "numbers and texts: keep it as you keep the database. PIN_PEPPER is not in it, and without " +
        "it no PIN and no waiting code is any good: keep it in another place.",
    )
    .argument("<file>", "where to; not there yet")
    .option("--json", "print one JSON document")
    .action(async (file: string, { json }: Given) => {
      if (await isThere(file)) throw new Refused(`${file} is there already`);
      const written = await withOwner((url) => writeBackup(url, file, new Date()));
      const { tables, rows } = written;
      console.log(json ? JSON.stringify(written, null, 2) : `${rows} rows of ${tables} tables`);
    });

  program
    .command("restore")
    .description(
      "Restore a backup into an empty database, and verify the books. Start the service after it, " +
        "with the PIN_PEPPER of then. Exit code 1 when the books do not agree.",
    )
    .argument("<file>", "as `backup` wrote it")
    .option("--json", "print one JSON document")
    .action(async (file: string, { json }: Given) => {
      if (!(await isThere(file))) throw new Refused(`${file} is not there`);
      const restored = await withOwner((url) => restoreService(url, file, new Date())).catch(
        (error: unknown) => {
          if (error instanceof DamagedBackup) throw new Refused(`${file}: ${error.message}`);
          throw error;
        },
      );
      if (restored.type !== "restored") throw new Refused(whyNot(restored));
      const books = await withDatabase((db) => verifyAll(db));
      console.log(
        json
          ? JSON.stringify({ ...restored, books }, null, 2)
          : [...told(restored), ...books.map(describe)].join("\n"),
      );
      if (books.some((one) => !one.books.ok)) process.exitCode = 1;
    });
}

const isThere = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    (error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
      throw error;
    },
  );

const whyNot = (restored: Exclude<Restored, { type: "restored" }>): string =>
  restored.type === "not-empty"
    ? `the database is not empty (${restored.table}): restore into a new one`
    : `this version and the backup do not have the same migrations (${restored.name}): ` +
      "restore with the version that wrote it, and then update";

const told = ({
  made_at,
  rows,
  doubtful_texts,
}: Extract<Restored, { type: "restored" }>): string[] => [
  `restored ${rows} rows, as they were at ${made_at.toISOString()}`,
  `${doubtful_texts} texts may have been sent since: see status=unknown in each community's messages`,
];
