import { readFileSync } from "node:fs";
import { isIP } from "node:net";
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
/** Fewer leave no room for texts and the admin API beside calls; more only wait inside Postgres. */
const connections_least = 4;
const connections_most = 200;
const connections_wanted = `a whole number from ${connections_least} to ${connections_most}`;

/** `10.1.0.0/16`, `2001:db8::1`; a network of every address there is would be none. */
function isNetwork(text: string): boolean {
  const [, address = "", length] = /^([\da-f.:]+)(?:\/([1-9]\d{0,2}))?$/i.exec(text) ?? [];
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return bits > 0 && Number(length ?? bits) <= bits;
}

const networks = (names: readonly string[], wanted: string) =>
  z
    .string()
    .transform((text) => text.split(",").map((each) => each.trim()))
    .refine((all) => all.every((each) => names.includes(each) || isNetwork(each)), wanted)
    .default([]);

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
  DATABASE_CONNECTIONS_MAX: z
    .string()
    .regex(/^\d{1,3}$/, connections_wanted)
    .transform(Number)
    .refine((most) => most >= connections_least && most <= connections_most, connections_wanted)
    .default(20),
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
  AT_CALLBACK_CIDRS: networks([], "addresses or CIDR ranges with commas between them"),
  TRUSTED_PROXIES: networks(
    ["loopback", "linklocal", "uniquelocal"],
    "addresses, CIDR ranges, loopback, linklocal or uniquelocal, with commas between them",
  ),
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
  /** Most connections for the work of this process; a few more look after the queue and its health. */
  readonly connections_max: number;
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
  /** Where the gateway's callbacks may come from; anywhere when empty. */
  readonly callback_cidrs: readonly string[];
  /** Whose `X-Forwarded-For` is believed; nobody's when empty. */
  readonly trusted_proxies: readonly string[];
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

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads and checks the environment, and the files it names. @throws ConfigError */
export function readConfig(environment: Environment): Config {
  const given = withFiles(
    Object.fromEntries(Object.entries(environment).filter(([, text]) => text !== "")),
  );
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
    connections_max: found.DATABASE_CONNECTIONS_MAX,
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
    callback_cidrs: found.AT_CALLBACK_CIDRS,
    trusted_proxies: found.TRUSTED_PROXIES,
    pin_pepper: found.PIN_PEPPER,
    admin_key: found.ADMIN_KEY,
    demo,
    log_level: found.LOG_LEVEL,
  };
}

/** May each stand in a file that a variable of its name and `_FILE` names, as Docker's secrets do. */
const in_files = [
  ...["DATABASE_URL", "REDIS_URL", "AT_API_KEY"],
  ...["AT_CALLBACK_SECRET", "PIN_PEPPER", "ADMIN_KEY"],
] as const;

/** The environment with what stands in files in its place. @throws ConfigError */
function withFiles(given: Environment): Environment {
  const wrong: string[] = [];
  const read = in_files.flatMap((name) => {
    const path = given[`${name}_FILE`];
    if (path === undefined) return [];
    const found = given[name] === undefined ? secretIn(path) : { wants: `no ${name} beside it` };
    if ("text" in found) return [[name, found.text] as const];
    wrong.push(`${name}_FILE: got ${JSON.stringify(path.slice(0, 200))}, wants ${found.wants}`);
    return [];
  });
  if (wrong.length > 0) throw new ConfigError(wrong.join("\n"));
  return { ...given, ...Object.fromEntries(read) };
}

/** What stands in a file, without the line's end that editors add; or what is wanted instead. */
function secretIn(path: string): { readonly text: string } | { readonly wants: string } {
  try {
    const text = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    // As nothing at all it might turn the demo on.
    return text === "" ? { wants: "a file that is not empty" } : { text };
  } catch (error) {
    const { code = "unreadable" } = error as NodeJS.ErrnoException;
    return { wants: `a file that can be read (${code})` };
  }
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
