/** The operator's command line: `npm run soccs -- <command>`. */
import { realpathSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { readConfig } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { startEmbedded } from "./db/embedded/index.ts";
import { runningEmbedded } from "./db/embedded/running.ts";
import { migrate } from "./db/migrate.ts";
import { checkMenus, printedScreens } from "./menus.ts";
import { communities } from "./operator/communities.ts";
import { addDial } from "./operator/dial.ts";
import { keys } from "./operator/keys.ts";
import { ledger } from "./operator/ledger.ts";
import { addMenus } from "./operator/menus.ts";
import type { WithDatabase } from "./operator/operator.ts";
import { reports } from "./operator/reports.ts";

/** A full recomputation takes as long as it takes; anything else is quick. */
const statement_timeout_ms = 60_000;

const withDatabase: WithDatabase = async (work) => {
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
};

const program = new Command("soccs")
  .description("Operate SoCCs by phone. Exit code 0: done; 1: a check found something; 2: refused.")
  .showHelpAfterError()
  .exitOverride();
for (const add of [communities, keys, ledger, reports]) add(program, withDatabase);
addMenus(program, { check: checkMenus, print: printedScreens });
addDial(program, {
  url: `http://127.0.0.1:${process.env["PORT"] ?? "3000"}`,
  secret: process.env["AT_CALLBACK_SECRET"] ?? "demo",
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
