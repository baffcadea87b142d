import type { Command } from "commander";
import type { Kysely } from "kysely";
import type { DB } from "../db/types.ts";
import type { Community } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { findPeople } from "../domain/people.ts";
import { makeBook, type Book } from "../reports/book/book.ts";
import { bookPage } from "../reports/book/page.ts";
import { whyNot } from "../reports/workbook/workbook.ts";
import { monthGiven, wholeNumber } from "./given.ts";
import { isId, Refused, theCommunity, type WithDatabase } from "./operator.ts";
import { save } from "./save.ts";

interface Given {
  readonly month?: string;
  readonly page: number;
  readonly out: string;
  readonly json?: boolean;
}

/** `soccs people book`: one person's SoCC Book as a page to print (R20). */
export function addBook(
  people: Command,
  withDatabase: WithDatabase,
  words: () => Promise<Pick<Context, "say">>,
): void {
  people
    .command("book")
    .description(
      "Write a person's SoCC Book as a page to print, in their language. It names people, and never " +
        "overwrites a file.",
    )
    .argument("<community>", "its slug, such as kisumu-manyatta")
    .argument("<who>", "their number, or their id as `people find` shows it")
    .option(
      "--month <month>",
      "such as 2026-10, in its time zone; the whole book without",
      monthGiven,
    )
    .option("--page <page>", "of 500 lines each", wholeNumber(1, 10_000), 1)
    .requiredOption("--out <file>", "the HTML file to write")
    .option("--json", "print one JSON document")
    .action(async (slug: string, who: string, given: Given) => {
      const { say } = await words();
      const { month, page, out, json } = given;
      const made = await withDatabase(async (db) => {
        const community = await theCommunity(db, slug);
        const now = new Date();
        const member_id = await theOne(db, community, who);
        return await makeBook(db, { community, now, say }, { member_id, month, page });
      });
      if (made.type !== "book") throw new Refused(refusal(made, { who, month: month ?? "", page }));
      const { book } = made;
      await save(out, bookPage(book, say));
      const { pages, closing } = book;
      const told = { community: slug, member_id: book.member_id, month, page, pages, closing };
      console.log(json ? JSON.stringify({ ...told, file: out }, null, 2) : describe(book, out));
    });
}

/** Whose id or number it is; of several on one phone one has to be named by id. */
async function theOne(db: Kysely<DB>, community: Community, who: string): Promise<string> {
  if (isId(who)) return who;
  if (!/\d{3}$/.test(who))
    throw new Refused(`${who}: wants a number, or an id from \`people find\``);
  const [found, ...others] = await findPeople(db, { community, typed: who, now: new Date() });
  if (found === undefined) throw new Refused(`nobody has the number ${who}`);
  if (others.length === 0) return found.id;
  const ids = [found, ...others].map(({ id, name }) => `  ${id}  ${name}`);
  throw new Refused([`several have the number ${who}: wants an id`, ...ids].join("\n"));
}

function refusal(
  refused: Exclude<Awaited<ReturnType<typeof makeBook>>, { type: "book" }>,
  { who, month, page }: { readonly who: string; readonly month: string; readonly page: number },
): string {
  switch (refused.type) {
    case "no-such-member":
      return `nobody has the id ${who}: wants one from \`people find\``;
    case "no-such-page":
      return `--page ${page}: it has ${refused.pages}`;
    case "future":
    case "before-community":
      return `--month ${month}: ${whyNot(refused)}`;
  }
}

const describe = ({ member, page, pages, closing }: Book, out: string): string =>
  `${member}: page ${page} of ${pages}, balance ${closing}, in ${out}`;
