import { writeFile } from "node:fs/promises";
import { InvalidArgumentError, type Command } from "commander";
import { communityBySlug } from "../domain/communities.ts";
import { month_form } from "../reports/months.ts";
import { makeWorkbook, whyNot } from "../reports/workbook/workbook.ts";
import { Refused, type WithDatabase } from "./operator.ts";

const monthGiven = (given: string): string => {
  if (!month_form.test(given)) throw new InvalidArgumentError("wants a month, such as 2026-10");
  return given;
};

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
        const community = await communityBySlug(db, slug);
        if (community === undefined) throw new Refused(`no community ${slug}`);
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

/** For its owner's eyes: it names people. */
async function save(path: string, file: Uint8Array): Promise<void> {
  try {
    await writeFile(path, file, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new Refused(`--out ${path}: ${error instanceof Error ? error.message : "not written"}`, {
      cause: error,
    });
  }
}
