/** The operator's command line: `npm run soccs -- <command>`. */
import { realpathSync } from "node:fs";
import { Command } from "commander";
import type { Kysely } from "kysely";
import { ConfigError, readConfig } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { startEmbedded } from "./db/embedded/index.ts";
import { runningEmbedded } from "./db/embedded/running.ts";
import { migrate } from "./db/migrate.ts";
import type { DB } from "./db/types.ts";
import { verifyAll, type CommunityBooks } from "./domain/books.ts";

/** A full recomputation takes as long as it takes; anything else is quick. */
const statement_timeout_ms = 60_000;

/** Opens the service's database, running or not, for the time of one command. */
async function withDatabase<T>(work: (db: Kysely<DB>) => Promise<T>): Promise<T> {
  const { database_url, data_dir } = readConfig(process.env);
  const running = database_url?.reveal() ?? (await runningEmbedded(realpathSync(data_dir)));
  const own =
    running === undefined
      ? await startEmbedded({ dir: data_dir, durability: "full", log: () => undefined })
      : undefined;
  const url = running ?? own?.url ?? "";
  const onIdleError = (error: Error): void => console.error(error.message);
  const db = openDatabase({ url, connections_max: 2, statement_timeout_ms, onIdleError });
  try {
    if (own) await migrate(url);
    return await work(db);
  } finally {
    await db.destroy();
    await own?.stop();
  }
}

const describe = ({ slug, books }: CommunityBooks): string => {
  const head = `${slug}: ${books.ok ? "the books agree" : "THE BOOKS DO NOT AGREE"}`;
  const counts = `${books.journals} journals, ${books.entries} entries, ${books.accounts} accounts`;
  const mismatches = books.mismatches.map(({ check, account_id, journal_id, wanted, found }) => {
    const where = [journal_id && `journal ${journal_id}`, account_id && `account ${account_id}`];
    return `  ${check} ${where.filter(Boolean).join(" ")}: wanted ${wanted ?? "nothing"}, found ${found ?? "nothing"}`;
  });
  return [`${head} (${counts})`, ...mismatches].join("\n");
};

const program = new Command("soccs").description("Operate SoCCs by phone.").showHelpAfterError();
const ledger = program.command("ledger").description("The books.");

ledger
  .command("verify")
  .description("Recompute every balance from the entries. Exit code 1 when something disagrees.")
  .option("--community <slug>", "only this community")
  .option("--json", "print one JSON document")
  .action(async ({ community, json }: { community?: string; json?: boolean }) => {
    const found = await withDatabase((db) => verifyAll(db, community));
    if (found.length === 0) throw new ConfigError(`no community ${community ?? "at all"}`);
    console.log(json ? JSON.stringify(found, null, 2) : found.map(describe).join("\n"));
    if (found.some(({ books }) => !books.ok)) process.exitCode = 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
