import type { Command } from "commander";
import { makeWorkbook, whyNot } from "../reports/workbook/workbook.ts";
import { monthGiven } from "./given.ts";
import { Refused, theCommunity, type WithDatabase } from "./operator.ts";
import { save } from "./save.ts";

/** `soccs reports`: what happened in a community. */
export function reports(program: Command, withDatabase: WithDatabase): void {
  program
    .command("reports")
    .description("What happened in a community.")
    .command("workbook")
    .description(
      "Write the workbook of a month: every line, with totals that equal the ledger. It names " +
        "people, and never overwrites a file.",
    )
    .argument("<community>", "its slug, such as kisumu-manyatta")
    .requiredOption("--month <month>", "such as 2026-10, in its time zone", monthGiven)
    .requiredOption("--out <file>", "the xlsx file to write")
    .option("--json", "print one JSON document")
    .action(async (slug: string, given: { month: string; out: string; json?: boolean }) => {
      const { month, out, json } = given;
      const made = await withDatabase(async (db) => {
        const community = await theCommunity(db, slug);
        return await makeWorkbook(db, community, { month, now: new Date() });
      });
      if (made.type !== "workbook") throw new Refused(`--month ${month}: ${whyNot(made)}`);
      await save(out, made.file);
      const bytes = made.file.byteLength;
      console.log(
        json
          ? JSON.stringify({ community: slug, month, file: out, bytes }, null, 2)
          : `${slug} ${month}: ${bytes} bytes in ${out}`,
      );
    });
}
