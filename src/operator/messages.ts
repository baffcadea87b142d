import { Option, type Command } from "commander";
import { inTransaction } from "../db/transaction.ts";
import type { Community } from "../domain/communities.ts";
import {
  listTexts,
  resendText,
  settleText,
  tallyTexts,
  text_states,
  type ListedText,
  type TextState,
} from "../domain/messages.ts";
import { readPhone } from "../domain/phones.ts";
import { wholeNumber } from "./given.ts";
import { isId, Refused, theCommunity, type WithDatabase } from "./operator.ts";

/** Most texts of one listing. */
const listed_max = 200;

interface Where {
  readonly community: string;
  readonly json?: boolean;
}

/**
 * `soccs messages`: outgoing texts, what became of them, and what an operator decides of those that
 * the service may not decide on by itself (R34).
 * @param readPepper what texts with codes are sealed under; asked for where one is sent again.
 */
export function messages(
  program: Command,
  withDatabase: WithDatabase,
  readPepper: () => Promise<Buffer>,
): void {
  const command = program.command("messages").description("Outgoing texts of a community.");
  addReading(command, withDatabase);
  addResend(command, withDatabase, readPepper);
  addSettle(command, withDatabase);
}

const inCommunity = (command: Command, name: string, description: string): Command =>
  command
    .command(name)
    .description(description)
    .requiredOption("--community <slug>", "whose texts, such as kisumu-manyatta")
    .option("--json", "print one JSON document");

function addReading(command: Command, withDatabase: WithDatabase): void {
  inCommunity(command, "list", "List texts, the newest first. Numbers are masked, codes are ****.")
    .addOption(new Option("--state <state>", "only those that are so").choices(text_states))
    .option("--phone <number>", "only those to this phone")
    .option(
      "--limit <count>",
      `at most so many, up to ${listed_max}`,
      wholeNumber(1, listed_max),
      50,
    )
    .action(async (given: Where & { state?: TextState; phone?: string; limit: number }) => {
      const { state, phone, limit, json } = given;
      const texts = await withDatabase(async (db) => {
        const community = await theCommunity(db, given.community);
        const recipient = phone === undefined ? undefined : thePhone(phone, community);
        const page = await listTexts(db, community.id, { state, recipient }, { limit });
        return page.type === "page" ? page.texts : [];
      });
      console.log(json ? JSON.stringify(texts, null, 2) : texts.map(describe).join("\n"));
    });

  inCommunity(
    command,
    "count",
    "Count texts by what became of them, the segments paid for, and what the gateway said they cost.",
  ).action(async (given: Where) => {
    const tallies = await withDatabase(
      async (db) => await tallyTexts(db, (await theCommunity(db, given.community)).id),
    );
    const lines = text_states.map((state) => {
      const { texts, segments, costs } = tallies[state];
      const counted = `${state.padEnd(9)}  ${texts} texts, ${segments} segments`;
      return [counted, ...costs.map(costWords)].join(", ");
    });
    console.log(given.json ? JSON.stringify(tallies, null, 2) : lines.join("\n"));
  });
}

function addResend(
  command: Command,
  withDatabase: WithDatabase,
  readPepper: () => Promise<Buffer>,
): void {
  inCommunity(
    command,
    "resend",
    "Send a text again that failed, or of which nobody knows: a double may be the price.",
  )
    .argument("<id>", "as `messages list` shows it")
    .action(async (id: string, given: Where) => {
      const pepper = await readPepper();
      const resent = await withDatabase((db) =>
        inTransaction(db, async (trx) => {
          const community = await theCommunity(trx, given.community);
          const here = { trx, community, now: new Date(), pepper };
          return await resendText(here, { id: theId(id), actor: "service" });
        }),
      );
      switch (resent.type) {
        case "resent":
          console.log(
            given.json ? JSON.stringify({ id: resent.id }) : `sent again as ${resent.id}`,
          );
          return;
        case "no-such-text":
          throw noSuchText(id);
        case "not-resendable":
          throw new Refused(`this text is ${resent.state}: it is not sent again`);
        case "resent-before":
          throw new Refused(`this text was sent again before, as ${resent.id}`);
        case "words-gone":
          throw new Refused(
            "this text held a code that is kept no longer, or under another PIN_PEPPER",
          );
      }
    });
}

function addSettle(command: Command, withDatabase: WithDatabase): void {
  inCommunity(command, "settle", "Say what became of a text of which nobody knew.")
    .argument("<id>", "as `messages list` shows it")
    .addOption(
      new Option("--as <outcome>", "what you found out")
        .choices(["delivered", "failed"])
        .makeOptionMandatory(),
    )
    .action(async (id: string, given: Where & { as: "delivered" | "failed" }) => {
      const settled = await withDatabase((db) =>
        inTransaction(db, async (trx) => {
          const here = {
            trx,
            community: await theCommunity(trx, given.community),
            now: new Date(),
          };
          return await settleText(here, { id: theId(id), actor: "service", as: given.as });
        }),
      );
      if (settled.type === "no-such-text") throw noSuchText(id);
      if (settled.type === "not-unknown")
        throw new Refused(`what became of this text is known: it is ${settled.state}`);
      const done = { id, state: given.as };
      console.log(given.json ? JSON.stringify(done) : `${id} is ${given.as}`);
    });
}

function thePhone(given: string, community: Community): string {
  const phone = readPhone(given, community);
  if (phone === undefined) throw new Refused("--phone: wants a number, such as +254711000101");
  return phone;
}

function theId(given: string): string {
  if (!isId(given)) throw new Refused(`no text ${given}: wants an id from \`messages list\``);
  return given;
}

const noSuchText = (id: string): Refused => new Refused(`no text ${id} in this community`);

const costWords = ({ currency, amount }: NonNullable<ListedText["cost"]>): string =>
  `${currency} ${amount}`;

const describe = (text: ListedText): string =>
  [
    text.id,
    text.created_at.toISOString().slice(0, 16),
    text.recipient,
    text.purpose,
    text.reason === null ? text.state : `${text.state} (${text.reason})`,
    `${text.segments} seg`,
    ...(text.cost ? [costWords(text.cost)] : []),
    text.text,
  ].join("  ");
