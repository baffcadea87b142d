/** The operator's command line: `npm run soccs -- <command>`. */
import { mkdirSync, realpathSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { startEmbedded } from "./db/embedded/index.ts";
import { runningEmbedded } from "./db/embedded/running.ts";
import { mayMigrate, migrate } from "./db/migrate.ts";
import { checkedWords, checkMenus, printedScreens } from "./compose/menus.ts";
import { addBackup } from "./operator/backup.ts";
import { communities } from "./operator/communities.ts";
import { addDial } from "./operator/dial.ts";
import { keys } from "./operator/keys.ts";
import { messages } from "./operator/messages.ts";
import { ledger } from "./operator/ledger.ts";
import { addMenus } from "./operator/menus.ts";
import { addMigrate } from "./operator/migrate.ts";
import { Refused, type WithDatabase, type WithOwner } from "./operator/operator.ts";
import { addPeople } from "./operator/people.ts";
import { reports } from "./operator/reports.ts";
import { sayIn } from "./compose/say.ts";
import { generatedSecrets } from "./secrets.ts";
import { prepareQueue } from "./worker/queue.ts";

/** A full recomputation takes as long as it takes; anything else is quick. */
const statement_timeout_ms = 60_000;

/** A running service's database, or the embedded one for the time of one command. */
async function withServer<T>(work: (url: string, is_own: boolean) => Promise<T>): Promise<T> {
  const { database_url, data_dir } = readConfig(process.env);
  const running = database_url?.reveal() ?? (await embeddedIn(data_dir));
  if (running !== undefined) return await work(running, false);
  const own = await startEmbedded({ dir: data_dir, durability: "full", log: () => undefined });
  try {
    return await work(own.url, true);
  } finally {
    await own.stop();
  }
}

function embeddedIn(data_dir: string): Promise<string | undefined> {
  mkdirSync(data_dir, { recursive: true });
  return runningEmbedded(realpathSync(data_dir));
}

const withOwner: WithOwner = (work) => withServer(work);

const withDatabase: WithDatabase = (work) =>
  withServer(async (url, is_own) => {
    const onIdleError = (error: Error): void => console.error(error.message);
    const db = openDatabase({ url, connections_max: 2, statement_timeout_ms, onIdleError });
    try {
      if (is_own) await migrate(url);
      return await work(db);
    } finally {
      await db.destroy();
    }
  });

/** What the running service seals texts with. */
const readPepper = async (): Promise<Buffer> => {
  const { pin_pepper, data_dir } = readConfig(process.env);
  return Buffer.from(pin_pepper?.reveal() ?? (await generatedSecrets(data_dir)).pin_pepper);
};

const program = new Command("soccs")
  .description("Operate SoCCs by phone. Exit code 0: done; 1: a check found something; 2: refused.")
  .showHelpAfterError()
  .exitOverride();
for (const add of [communities, keys, ledger, reports]) add(program, withDatabase);
messages(program, withDatabase, readPepper);
addBackup(program, withOwner, withDatabase);
addPeople(program, withDatabase, async () => ({
  say: sayIn(checkedWords()),
  pepper: await readPepper(),
}));
addMigrate(program, async () => {
  const { database_url } = readConfig(process.env);
  if (database_url === undefined)
    throw new Refused("DATABASE_URL: got nothing; the embedded Postgres migrates itself at start");
  if (!(await mayMigrate(database_url.reveal())))
    throw new Refused("DATABASE_URL: signs in as one who owns nothing, wants the schema's owner");
  const applied = await migrate(database_url.reveal());
  // Also where Redis is meant to carry the queue: it costs nothing, and may be needed without one.
  await prepareQueue(database_url.reveal());
  return applied;
});
addMenus(program, { check: checkMenus, print: printedScreens });
addDial(program, () => {
  const { port, callback_secret } = readConfig(process.env);
  return { url: `http://127.0.0.1:${port}`, secret: callback_secret.reveal() };
});

try {
  await program.parseAsync();
} catch (error) {
  const told = isTold(error);
  if (!told) console.error(error instanceof Error ? error.message : error);
  process.exitCode = told && error.exitCode === 0 ? 0 : 2;
}

/** Commander has printed its own errors, and help, which is none. */
function isTold(error: unknown): error is CommanderError {
  return error instanceof CommanderError;
}
