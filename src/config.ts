import { inspect } from "node:util";
import { z } from "zod";

/** A value that prints as `[secret]` wherever it is printed. */
export interface Secret {
  readonly reveal: () => string;
}

export function secret(text: string): Secret {
  const hidden = (): string => "[secret]";
  const methods = { toString: hidden, toJSON: hidden, [inspect.custom]: hidden };
  return Object.defineProperties({ reveal: () => text }, Object.getOwnPropertyDescriptors(methods));
}

const flag = z
  .enum(["1", "true", "on", "yes", "0", "false", "off", "no"], "on or off")
  .transform((text) => ["1", "true", "on", "yes"].includes(text));

const postgresUrl = z.url({ protocol: /^postgres(ql)?$/, error: "a postgres:// address" });
const redisUrl = z.url({ protocol: /^rediss?$/, error: "a redis:// address" });
const httpUrl = z.url({ protocol: /^https?$/, error: "an http:// or https:// address" });
const callback_secret_length_min = 22;

/** contract.md, "Environment". */
const variables = z.object({
  HOST: z.string().min(1).default("127.0.0.1"),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, "a port number")
    .transform(Number)
    .refine((port) => port <= 65_535, "a port number")
    .default(3000),
  ROLE: z.enum(["web", "worker", "all"], "web, worker or all").default("all"),
  DATABASE_URL: postgresUrl.transform(secret).optional(),
  DATA_DIR: z.string().min(1).default(".data"),
  REDIS_URL: redisUrl.transform(secret).optional(),
  AT_USERNAME: z.string().min(1).optional(),
  AT_API_KEY: z.string().min(1).transform(secret).optional(),
  AT_BASE_URL: httpUrl.optional(),
  AT_SENDER_ID: z.string().max(11, "at most 11 characters").optional(),
  AT_TEXTS_PER_SECOND: z
    .string()
    .regex(/^[1-9]\d{0,3}$/, "a whole number from 1 to 9999")
    .transform(Number)
    .default(100),
  // Not under eight, for a text may wait seven days to be sent.
  TEXTS_KEPT_DAYS: z
    .string()
    .regex(/^\d{1,4}$/, "a number of days from 8 to 3650")
    .transform(Number)
    .refine((days) => days >= 8 && days <= 3650, "a number of days from 8 to 3650")
    .optional(),
  AT_CALLBACK_SECRET: z
    .string()
    .regex(/^[\w.~-]+$/, "letters, digits, - . _ ~")
    .optional(),
  PIN_PEPPER: z.string().min(16, "at least 16 characters").transform(secret).optional(),
  ADMIN_KEY: z.string().min(22, "at least 22 characters").transform(secret).optional(),
  DEMO: flag.optional(),
  LOG_LEVEL: z
    .enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"], "a pino level")
    .default("info"),
});

export interface Config {
  readonly host: string;
  readonly port: number;
  readonly role: "web" | "worker" | "all";
  /** The embedded one when absent. */
  readonly database_url: Secret | undefined;
  readonly data_dir: string;
  /** The queue lives in Postgres when absent. */
  readonly redis_url: Secret | undefined;
  /** The simulator when absent. */
  readonly africas_talking:
    | {
        readonly username: string;
        readonly api_key: Secret;
        readonly base_url?: string | undefined;
      }
    | undefined;
  readonly sender_id: string | undefined;
  /** Texts a second that the gateway is handed by all workers together. */
  readonly texts_per_second: number;
  /** How long the words of texts are kept; 90 when absent. */
  readonly texts_kept_days: number | undefined;
  readonly callback_secret: Secret;
  /** Generated into the data folder when absent, in demo mode only. */
  readonly pin_pepper: Secret | undefined;
  readonly admin_key: Secret | undefined;
  readonly demo: boolean;
  readonly log_level: string;
}

/** What is wrong with the environment: each line names the variable, what it got and what it wants. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads and checks the environment. @throws ConfigError */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== ""));
  const parsed = variables.safeParse(given);
  if (!parsed.success) {
    const lines = parsed.error.issues.map(({ path, message }) => {
      const name = path.join(".");
      return `${name}: got ${shown(name, given[name])}, wants ${message}`;
    });
    throw new ConfigError(lines.join("\n"));
  }
  const found = parsed.data;
  const demo = found.DEMO ?? (found.DATABASE_URL === undefined && found.AT_API_KEY === undefined);
  const wrong = contradictions(found, demo);
  if (wrong.length > 0) throw new ConfigError(wrong.join("\n"));
  return {
    host: found.HOST,
    port: found.PORT,
    role: found.ROLE,
    database_url: found.DATABASE_URL,
    data_dir: found.DATA_DIR,
    redis_url: found.REDIS_URL,
    africas_talking:
      found.AT_API_KEY && found.AT_USERNAME
        ? { username: found.AT_USERNAME, api_key: found.AT_API_KEY, base_url: found.AT_BASE_URL }
        : undefined,
    sender_id: found.AT_SENDER_ID,
    texts_per_second: found.AT_TEXTS_PER_SECOND,
    texts_kept_days: found.TEXTS_KEPT_DAYS,
    callback_secret: secret(found.AT_CALLBACK_SECRET ?? "demo"),
    pin_pepper: found.PIN_PEPPER,
    admin_key: found.ADMIN_KEY,
    demo,
    log_level: found.LOG_LEVEL,
  };
}

/** What each variable allows but they do not allow together. */
function contradictions(found: z.infer<typeof variables>, demo: boolean): readonly string[] {
  const { AT_API_KEY, AT_USERNAME, AT_CALLBACK_SECRET, PIN_PEPPER, DATABASE_URL, ROLE } = found;
  const lines: string[] = [];
  if (demo && AT_API_KEY)
    lines.push("DEMO: got on, wants off with AT_API_KEY: demo PINs are printed for all to see");
  if (AT_API_KEY && !AT_USERNAME) lines.push("AT_USERNAME: got nothing, wants the account's name");
  if (AT_USERNAME && !AT_API_KEY) lines.push("AT_API_KEY: got nothing, wants the account's key");
  if (ROLE !== "all" && !DATABASE_URL)
    lines.push(`DATABASE_URL: got nothing, wants a shared Postgres for ROLE=${ROLE}`);
  if (demo) return lines;
  const length = AT_CALLBACK_SECRET?.length ?? 0;
  if (length < callback_secret_length_min)
    lines.push(
      `AT_CALLBACK_SECRET: got ${length} characters, wants at least ${callback_secret_length_min}`,
    );
  if (!PIN_PEPPER) lines.push("PIN_PEPPER: got nothing, wants at least 16 random characters");
  return lines;
}

const secrets = /URL|KEY|SECRET|PEPPER/;

/** A wrong value as it may be shown: what may be a secret is not. */
function shown(name: string, value: string | undefined): string {
  if (value === undefined) return "nothing";
  return secrets.test(name) ? "[secret]" : JSON.stringify(value.slice(0, 60));
}
