import type { Logger } from "pino";
import { compose, type Service } from "./compose/service.ts";
import { ConfigError, readConfig, type Config } from "./config.ts";
import { openDatabase } from "./db/database.ts";
import { startEmbedded } from "./db/embedded/index.ts";
import { mayMigrate, migrate, untilMigrated } from "./db/migrate.ts";
import { inTransaction } from "./db/transaction.ts";
import type { CommunityFile } from "./domain/community-file.ts";
import { addDemoPeople, foundCommunity } from "./domain/founding.ts";
import { makeLog } from "./log.ts";
import { communityFiles } from "./compose/menus.ts";
import { generatedSecrets } from "./secrets.ts";
import { prepareQueue, type QueuePlace } from "./worker/queue.ts";

const now = (): Date => new Date();

/**
 * What runs containers kills after 10 s. A turn is answered within 8 s of its coming, and none is taken
 * once the service has drained: everything a stop must wait for is over by then.
 */
const stop_timeout_ms = 9_500;
const drain_ms = 1_000;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  // From the beginning: a stop while the database is being made must stop that as well.
  const asked = untilAsked();
  const log = makeLog(config.log_level);
  const postgres =
    config.database_url === undefined
      ? await startEmbedded({
          dir: config.data_dir,
          durability: "full",
          log: (line) => log.info({ line }, "postgres"),
        })
      : undefined;
  try {
    const url = config.database_url?.reveal() ?? postgres?.url ?? "";
    const { service, files, admin_key } = await start(config, url, log);
    announce(service, config.demo ? files : [], admin_key);
    await asked;
    log.info("stopping");
    await service.close();
  } finally {
    await postgres?.stop();
  }
  // A gateway that has not answered yet would keep the process; its text counts as unknown (R34).
  process.exit(0);
}

async function start(
  config: Config,
  url: string,
  log: Logger,
): Promise<{ service: Service; files: readonly CommunityFile[]; admin_key: string | undefined }> {
  const is_owner = await mayMigrate(url);
  if (is_owner) {
    const applied = await migrate(url);
    if (applied.length > 0) log.info({ applied }, "migrated");
  } else await untilMigrated(url, { wait_ms: 300_000, look_every_ms: 1_000 });
  const queue: QueuePlace =
    config.redis_url === undefined
      ? { kind: "postgres", url: url }
      : { kind: "redis", url: config.redis_url.reveal() };
  if (queue.kind === "postgres" && is_owner) await prepareQueue(url);
  const generated = config.demo ? await generatedSecrets(config.data_dir) : undefined;
  const pin_pepper = config.pin_pepper?.reveal() ?? generated?.pin_pepper ?? "";
  const admin_key = config.admin_key?.reveal() ?? generated?.admin_key;
  const files = communityFiles();
  if (config.demo) await foundDemo(files, url, Buffer.from(pin_pepper), log);
  const account = config.africas_talking;
  const service = await compose({
    ...config,
    database_url: url,
    queue,
    africas_talking: account && {
      ...account,
      api_key: account.api_key.reveal(),
      sender_id: config.sender_id,
    },
    sending: { per_second: config.texts_per_second },
    // Nobody watches whether a demonstration is ready.
    drain_ms: config.demo ? 0 : drain_ms,
    callback_secret: config.callback_secret.reveal(),
    pin_pepper,
    admin_key,
    demo: config.demo ? files : [],
    now,
    log,
  });
  return { service, files, admin_key };
}

/**
 * Founds the demonstration's communities, with their people, where they are not there yet. In
 * production `soccs communities apply` and the admin API found them.
 */
async function foundDemo(
  files: readonly CommunityFile[],
  url: string,
  pepper: Buffer,
  log: Logger,
): Promise<void> {
  const onIdleError = (error: Error): void => log.error({ err: error }, "a connection broke");
  const db = openDatabase({ url, connections_max: 1, statement_timeout_ms: 30_000, onIdleError });
  const at = { now: now(), actor: "service" };
  try {
    for (const file of files)
      await inTransaction(db, async (trx) => {
        const id = await foundCommunity(trx, at, file);
        if (id !== undefined)
          await addDemoPeople(trx, id, file.demo_people, { pepper, now: at.now });
      });
  } finally {
    await db.destroy();
  }
}

/** What a newcomer needs to know, on the terminal and not in the log. */
function announce(
  { url }: Service,
  files: readonly CommunityFile[],
  admin_key: string | undefined,
): void {
  const people = files.flatMap(({ slug, ussd_code, sms_number, demo_people }) => [
    `  ${slug}: dial ${ussd_code ?? "-"}, text ${sms_number ?? "-"}`,
    ...demo_people.map(
      ({ name, phone, pin, roles, language }) =>
        `    ${name.padEnd(18)} ${phone}  PIN ${pin}  ${language.padEnd(3)}  ${roles.join(", ")}`,
    ),
  ]);
  const lines = [
    `listening on ${url}`,
    ...(files.length > 0
      ? [
          "",
          `  phone      ${url}/phone`,
          `  admin API  ${url}/admin/docs`,
          `  admin key  ${admin_key ?? ""}`,
          "",
          ...people,
          "",
        ]
      : []),
  ];
  console.log(lines.join("\n"));
}

/**
 * Resolves at the first Ctrl-C or SIGTERM; what does not stop in time is left behind, and at a second
 * one everything is.
 */
function untilAsked(): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let asked = false;
  const stop = (): void => {
    if (asked) process.exit(1);
    asked = true;
    setTimeout(() => process.exit(1), stop_timeout_ms).unref();
    resolve(undefined);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return promise;
}

try {
  await main();
} catch (error) {
  const shown = error instanceof ConfigError ? error.message : error;
  console.error(shown);
  process.exitCode = 1;
}
