import { createInterface } from "node:readline/promises";
import type { Command } from "commander";
import { inTransaction } from "../db/transaction.ts";
import type { Writer } from "../db/database.ts";
import type { Community } from "../domain/communities.ts";
import type { Context } from "../domain/context.ts";
import { blockWords } from "../domain/erasing-blocks.ts";
import { erasePerson, type Erased } from "../domain/erasing.ts";
import { memberById } from "../domain/members.ts";
import { findPeople, unlockPin, type Person } from "../domain/people.ts";
import { exportInSnapshot, type PersonalData } from "../domain/personal-data.ts";
import { startResetByOperator } from "../domain/resets.ts";
import { addBook } from "./book.ts";
import { isId, Refused, theCommunity, type WithDatabase } from "./operator.ts";

/** What an operator's act on a person works in, beside the database: words, and the pepper. */
export type Speaks = () => Promise<Pick<Context, "say" | "pepper">>;

interface Given {
  readonly community: string;
  readonly json?: boolean;
}

/** `soccs people`: who is there, and what only the service's operator can do for them. */
export function addPeople(program: Command, withDatabase: WithDatabase, speaks: Speaks): void {
  const people = program
    .command("people")
    .description("The people of a community. Every act is in the audit log, as the service's.");
  const command = (name: string, description: string): Command =>
    people
      .command(name)
      .description(description)
      .requiredOption("--community <slug>", "as `communities list` shows it")
      .option("--json", "print one JSON document");
  addFind(command, withDatabase);
  addUnlock(command, withDatabase);
  addReset(command, withDatabase, speaks);
  addExport(command, withDatabase);
  addErase(command, withDatabase, speaks);
  addBook(people, withDatabase, speaks);
}

type AddCommand = (name: string, description: string) => Command;

function addFind(command: AddCommand, withDatabase: WithDatabase): void {
  command("find", "Find people by number, its end (..101), a part of the name, or id.")
    .argument("<words>", "such as 0711000101 or Achieng")
    .action(async (typed: string, { community, json }: Given) => {
      const found = await withDatabase(
        async (db) =>
          await findPeople(db, {
            community: await theCommunity(db, community),
            typed,
            now: new Date(),
          }),
      );
      if (json) console.log(JSON.stringify(found, null, 2));
      else console.log(found.length === 0 ? "nobody" : found.map(describe).join("\n"));
    });
}

function addUnlock(command: AddCommand, withDatabase: WithDatabase): void {
  command("unlock", "End the lock or block that wrong tries put on a PIN; the PIN stays.")
    .argument("<id>", "as `people find` shows it")
    .action(async (id: string, given: Given) => {
      assertId(id);
      const { type } = await act(withDatabase, given, (at) => unlockPin(at.trx, at, id));
      if (type === "no-such-member") throw new Refused(nobody(id));
      if (type === "not-locked") throw new Refused("their PIN is not locked, or not chosen yet");
      tell(given, { id, unlocked: true }, "unlocked");
    });
}

function addReset(command: AddCommand, withDatabase: WithDatabase, speaks: Speaks): void {
  command(
    "reset",
    "Start a PIN reset where no manager can: the wait is the same, their number is told, and a " +
      "right PIN ends it.",
  )
    .argument("<id>", "as `people find` shows it")
    .action(async (id: string, given: Given) => {
      assertId(id);
      const speaker = await speaks();
      const started = await act(withDatabase, given, async (at) => {
        const member = await memberById(at.trx, at.community.id, id);
        return member && (await startResetByOperator({ ...at, ...speaker }, member));
      });
      if (started === undefined) throw new Refused(nobody(id));
      if (started.type === "no-pin-yet")
        throw new Refused("they have no PIN yet: they choose one at their first dial");
      const { when } = started.fields;
      if (started.type === "reset-before")
        throw new Refused(`a reset is under way: from ${when} they may choose a PIN`);
      tell(given, { id, ready: when }, `from ${when} they may choose a new PIN by dialling`);
    });
}

function addExport(command: AddCommand, withDatabase: WithDatabase): void {
  command("export", "Print everything held of one person.")
    .argument("<id>", "as `people find` shows it")
    .action(async (id: string, given: Given) => {
      assertId(id);
      const found = await withDatabase(async (db) => {
        const at = { community: await theCommunity(db, given.community), ...by() };
        return await exportInSnapshot(db, at, id);
      });
      if (found === undefined) throw new Refused(nobody(id));
      tell(given, found, toRead(found));
    });
}

/** Part by part, row by row, for people: of parts that are empty nothing. */
function toRead({ parts, cut_off }: PersonalData): string {
  const rows = Object.entries(parts).flatMap(([name, all]) =>
    all.map((row) => [
      name,
      ...Object.entries(row).map(([key, value]) => `  ${key}: ${said(value)}`),
    ]),
  );
  const more = cut_off.map((name) => [`${name}: there is more than is shown here`]);
  return [...rows, ...more].map((lines) => lines.join("\n")).join("\n\n");
}

const said = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

function addErase(command: AddCommand, withDatabase: WithDatabase, speaks: Speaks): void {
  command(
    "erase",
    "Erase a person for good: name, number, PIN, texts and typed words. The ledger stays as it is.",
  )
    .argument("<id>", "as `people find` shows it")
    .option("--forfeit", "give up what they could still spend")
    .option("--yes", "do not ask to repeat the id")
    .action(async (id: string, given: Given & { forfeit?: boolean; yes?: boolean }) => {
      assertId(id);
      if (!given.yes) await askToRepeat(id);
      const { pepper } = await speaks();
      const erased = await act(withDatabase, given, (at) =>
        erasePerson({ ...at, pepper }, { id, forfeit: given.forfeit ?? false }),
      );
      if (erased.type !== "erased") throw new Refused(whyNot(id, erased));
      const { forfeited } = erased;
      const more = forfeited ? `; ${forfeited.amount} SoCC given up, ${forfeited.receipt}` : "";
      tell(given, { id, forfeited }, `erased${more}`);
    });
}

function whyNot(id: string, refused: Exclude<Erased, { type: "erased" }>): string {
  if (refused.type === "blocked") return refused.by.map(blockWords).join("\n");
  return refused.type === "erased-before" ? "they were erased before" : nobody(id);
}

/** What cannot be taken back is typed twice. */
async function askToRepeat(id: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await Promise.race([
      lines.question("This cannot be undone. Repeat the id: "),
      new Promise<string>((done) => lines.once("close", () => done(""))),
    ]);
    if (typed.trim() !== id) throw new Refused("nothing was erased: that is another id");
  } finally {
    lines.close();
  }
}

const by = () => ({ now: new Date(), actor: "service" });

type At = ReturnType<typeof by> & { readonly trx: Writer; readonly community: Community };

/** Does an act on a person of the community given, in one transaction with its line in the log. */
const act = <T>(
  withDatabase: WithDatabase,
  given: Given,
  work: (at: At) => Promise<T>,
): Promise<T> =>
  withDatabase((db) =>
    inTransaction(
      db,
      async (trx) =>
        await work({ ...by(), trx, community: await theCommunity(trx, given.community) }),
    ),
  );

function assertId(id: string): void {
  if (!isId(id)) throw new Refused(nobody(id));
}

const nobody = (id: string): string => `nobody has the id ${id}: wants one from \`people find\``;

const tell = ({ json }: Given, document: object, words: string): void =>
  console.log(json ? JSON.stringify(document, null, 2) : words);

const describe = ({ id, name, phone, roles, status, language, pin }: Person): string =>
  [id, name, phone || "-", roles.join("+"), status, language, `PIN ${pin}`].join("  ");
