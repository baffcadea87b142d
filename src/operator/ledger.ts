import type { Command } from "commander";
import { verifyAll, type CommunityBooks } from "../domain/books.ts";
import { Refused, type WithDatabase } from "./operator.ts";

/** `soccs ledger`: the books. */
export function ledger(program: Command, withDatabase: WithDatabase): void {
  program
    .command("ledger")
    .description("The books.")
    .command("verify")
    .description("Recompute every balance from the entries. Exit code 1 when something disagrees.")
    .option("--community <slug>", "only this community")
    .option("--json", "print one JSON document")
    .action(async ({ community, json }: { community?: string; json?: boolean }) => {
      const found = await withDatabase((db) => verifyAll(db, community));
      if (found.length === 0) throw new Refused(`no community ${community ?? "at all"}`);
      console.log(json ? JSON.stringify(found, null, 2) : found.map(describe).join("\n"));
      if (found.some(({ books }) => !books.ok)) process.exitCode = 1;
    });
}

export const describe = ({ slug, books }: CommunityBooks): string => {
  const head = `${slug}: ${books.ok ? "the books agree" : "THE BOOKS DO NOT AGREE"}`;
  const counts = `${books.journals} journals, ${books.entries} entries, ${books.accounts} accounts`;
  const mismatches = books.mismatches.map(({ check, account_id, journal_id, wanted, found }) => {
    const where = [journal_id && `journal ${journal_id}`, account_id && `account ${account_id}`];
    return `  ${check} ${where.filter(Boolean).join(" ")}: wanted ${wanted ?? "nothing"}, found ${found ?? "nothing"}`;
  });
  return [`${head} (${counts})`, ...mismatches].join("\n");
};
