import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format, inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, readConfig, secret } from "../src/config.ts";

const production = {
  DATABASE_URL: "postgres://soccs:db-password-7f3a@db.example:5432/soccs",
  AT_USERNAME: "soccs",
  AT_API_KEY: "atsk_provider-key-91bc",
  AT_CALLBACK_SECRET: "callback-secret-in-path-44d0",
  PIN_PEPPER: "pepper-of-all-the-pins-5e21",
  ADMIN_KEY: "bootstrap-overseer-key-c8e7",
  REDIS_URL: "redis://:redis-password-2b6d@cache.example:6379",
};
const secrets = [
  "db-password-7f3a",
  ...["AT_API_KEY", "AT_CALLBACK_SECRET", "PIN_PEPPER", "ADMIN_KEY"].map(
    (name) => production[name as keyof typeof production],
  ),
  "redis-password-2b6d",
];

/** What is told of an environment that is wrong, by line. */
function complaintsOf(environment: Record<string, string | undefined>): readonly string[] {
  try {
    readConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { message } = error as ConfigError;
    for (const value of secrets) expect(inspect(error)).not.toContain(value);
    return message.split("\n");
  }
  return [];
}

describe("the environment", () => {
  test("may be empty: a demo on embedded defaults, on this machine only", () => {
    expect(readConfig({})).toMatchObject({
      host: "127.0.0.1",
      port: 3000,
      role: "all",
      data_dir: ".data",
      connections_max: 20,
      demo: true,
      log_level: "info",
      database_url: undefined,
      redis_url: undefined,
      africas_talking: undefined,
    });
    expect(readConfig({}).callback_secret.reveal()).toBe("demo");
    expect(readConfig({ PORT: "", ROLE: "", DATABASE_URL: "" })).toMatchObject({ demo: true });
  });

  test("may be a production's, where every value arrives", () => {
    const config = readConfig({ ...production, PORT: "0", ROLE: "worker", AT_SENDER_ID: "22551" });
    expect(config).toMatchObject({ port: 0, role: "worker", sender_id: "22551", demo: false });
    expect(config.database_url?.reveal()).toBe(production.DATABASE_URL);
    expect(config.africas_talking).toMatchObject({ username: "soccs", base_url: undefined });
    expect(config.africas_talking?.api_key.reveal()).toBe(production.AT_API_KEY);
    expect(config.callback_secret.reveal()).toBe(production.AT_CALLBACK_SECRET);
    expect(config.pin_pepper?.reveal()).toBe(production.PIN_PEPPER);
    expect(config).toMatchObject({ callback_cidrs: [], trusted_proxies: [] });
  });

  test("names networks and proxies with commas between them", () => {
    const config = readConfig({
      AT_CALLBACK_CIDRS: "196.201.214.0/24, 2001:db8::/32,192.0.2.1",
      TRUSTED_PROXIES: "loopback,uniquelocal, 203.0.113.7",
    });
    expect(config.callback_cidrs).toEqual(["196.201.214.0/24", "2001:db8::/32", "192.0.2.1"]);
    expect(config.trusted_proxies).toEqual(["loopback", "uniquelocal", "203.0.113.7"]);
  });

  // What it wants is said in words, not in the checking library's complaint.
  test.for([
    ["PORT", "eighty", '"eighty"', /port/],
    ["PORT", "70000", '"70000"', /port|65.?535/],
    ["PORT", "-1", '"-1"', /port|0/],
    ["PORT", "80.5", '"80.5"', /port|whole/],
    ["PORT", " ", '" "', /port/],
    ["ROLE", "both", '"both"', /web, worker or all/],
    ["DATABASE_CONNECTIONS_MAX", "3", '"3"', /from 4 to 200/],
    ["DATABASE_CONNECTIONS_MAX", "201", '"201"', /from 4 to 200/],
    ["DATABASE_CONNECTIONS_MAX", "many", '"many"', /from 4 to 200/],
    ["AT_CALLBACK_CIDRS", "10.0.0.0/33", '"10.0.0.0/33"', /CIDR/],
    ["AT_CALLBACK_CIDRS", "uniquelocal", '"uniquelocal"', /CIDR/],
    ["TRUSTED_PROXIES", "0.0.0.0/0", '"0.0.0.0/0"', /CIDR/],
    ["TRUSTED_PROXIES", "caddy", '"caddy"', /loopback/],
    ["DEMO", "maybe", '"maybe"', /on or off/],
    ["TEXTS_KEPT_DAYS", "7", '"7"', /8 to 3650/],
    ["TEXTS_KEPT_DAYS", "for ever", '"for ever"', /8 to 3650/],
    ["LOG_LEVEL", "loud", '"loud"', /pino level/],
    ["AT_SENDER_ID", "TWELVE-LONG-", '"TWELVE-LONG-"', /11/],
    ["DATABASE_URL", "mysql://root:db-password-7f3a@db/soccs", "[secret]", /postgres:\/\//],
    ["REDIS_URL", "http://:redis-password-2b6d@cache", "[secret]", /redis:\/\//],
    ["AT_BASE_URL", "ftp://example.org", "[secret]", /https?:\/\//],
    ["AT_CALLBACK_SECRET", "with/a/slash/and/22/characters", "[secret]", /letters, digits/],
    ["PIN_PEPPER", "short", "[secret]", /16 characters/],
    ["ADMIN_KEY", "short", "[secret]", /22 characters/],
  ] as const)("%s=%s names itself, what it got and what it wants", ([name, value, got, wants]) => {
    const [line = "nothing was wrong", ...others] = complaintsOf({ [name]: value });
    expect(others).toEqual([]);
    expect(line.startsWith(`${name}: got ${got}, wants `), line).toBe(true);
    const wanted = line.split(", wants ")[1];
    expect(wanted).toMatch(wants);
    expect(wanted).not.toMatch(/Too |Invalid /);
  });

  test("that is wrong in several places is told of all of them at once", () => {
    const lines = complaintsOf({ PORT: "x", ROLE: "y", DEMO: "z", PIN_PEPPER: "p" });
    expect(lines.map((line) => line.split(":")[0])).toEqual(["PORT", "ROLE", "PIN_PEPPER", "DEMO"]);
  });

  test.for(["web", "worker"])("of a lone %s wants a database that is shared", (ROLE) => {
    expect(complaintsOf({ ROLE })).toEqual([
      `DATABASE_URL: got nothing, wants a shared Postgres for ROLE=${ROLE}`,
    ]);
  });
});

describe("DEMO", () => {
  const { DATABASE_URL, AT_API_KEY, AT_CALLBACK_SECRET, PIN_PEPPER } = production;
  const provider = { AT_USERNAME: "soccs", AT_API_KEY };
  const needed = { AT_CALLBACK_SECRET, PIN_PEPPER };

  test.for([
    [true, {}],
    [false, { DATABASE_URL, ...needed }],
    [false, { ...provider, ...needed }],
    [true, { DATABASE_URL, DEMO: "on" }],
    [false, { DEMO: "off", ...needed }],
  ] as const)("is %s with %o", ([demo, environment]) => {
    expect(readConfig(environment).demo).toBe(demo);
  });

  test.for(["1", "true", "on", "yes"])("=%s does not start with a real gateway", (DEMO) => {
    expect(complaintsOf({ ...production, DEMO })).toEqual([
      expect.stringMatching(/^DEMO: got on, wants off with AT_API_KEY/),
    ]);
  });

  test("when off wants a long callback secret and a pepper, and makes up neither", () => {
    const lines = ["AT_CALLBACK_SECRET: got 0 characters", "PIN_PEPPER: got nothing"];
    const expected = lines.map((line) => expect.stringContaining(line) as string);
    expect(complaintsOf({ DATABASE_URL })).toEqual(expected);
    expect(complaintsOf({ DEMO: "0" })).toEqual(expected);
    expect(complaintsOf({ DATABASE_URL, PIN_PEPPER, AT_CALLBACK_SECRET: "x".repeat(21) })).toEqual([
      "AT_CALLBACK_SECRET: got 21 characters, wants at least 22",
    ]);
  });

  test.for([
    ["AT_USERNAME", { AT_API_KEY }],
    ["AT_API_KEY", { AT_USERNAME: "soccs", DATABASE_URL }],
  ] as const)("aside, half an account is told of: %s is missing", ([name, half]) => {
    expect(complaintsOf({ ...half, ...needed })).toEqual([
      expect.stringContaining(`${name}: got nothing`),
    ]);
  });
});

describe("a secret in a file", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "soccs-config-"));
  });
  afterAll(() => rmSync(dir, { recursive: true }));
  /** @returns the file's path. */
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text, { mode: 0o400, flag: "w" });
    return path;
  };
  const { AT_USERNAME, ...hidden } = production;

  test("is as good as in its variable, for each of them", () => {
    const files = Object.entries(hidden).map(([name, value]) => [
      `${name}_FILE`,
      file(name, `${value}\n`),
    ]);
    const named = Object.fromEntries(files) as Record<string, string>;
    const config = readConfig({ AT_USERNAME, ...named });
    expect(config.demo).toBe(false);
    expect(config.database_url?.reveal()).toBe(hidden.DATABASE_URL);
    expect(config.redis_url?.reveal()).toBe(hidden.REDIS_URL);
    expect(config.africas_talking?.api_key.reveal()).toBe(hidden.AT_API_KEY);
    expect(config.callback_secret.reveal()).toBe(hidden.AT_CALLBACK_SECRET);
    expect(config.pin_pepper?.reveal()).toBe(hidden.PIN_PEPPER);
    expect(config.admin_key?.reveal()).toBe(hidden.ADMIN_KEY);
    for (const value of secrets) expect(inspect(config, { depth: 9 })).not.toContain(value);
  });

  test("and in its variable as well is refused: nobody could say which counts", () => {
    const path = file("twice", hidden.PIN_PEPPER);
    expect(complaintsOf({ ...production, PIN_PEPPER_FILE: path })).toEqual([
      `PIN_PEPPER_FILE: got "${path}", wants no PIN_PEPPER beside it`,
    ]);
  });

  test("that is not there, or empty, is refused, and no demo begins in its place", () => {
    const lost = join(dir, "lost");
    const empty = file("empty", "\n");
    expect(complaintsOf({ DATABASE_URL_FILE: lost, AT_API_KEY_FILE: empty })).toEqual([
      `DATABASE_URL_FILE: got "${lost}", wants a file that can be read (ENOENT)`,
      `AT_API_KEY_FILE: got "${empty}", wants a file that is not empty`,
    ]);
    expect(complaintsOf({ DATABASE_URL_FILE: dir })).toEqual([
      expect.stringContaining("wants a file that can be read (EISDIR)"),
    ]);
  });

  test("is checked as in its variable, and not shown", () => {
    const path = file("wrong", "mysql://root:db-password-7f3a@db/soccs");
    expect(complaintsOf({ DATABASE_URL_FILE: path })).toEqual([
      "DATABASE_URL: got [secret], wants a postgres:// address",
    ]);
  });
});

describe("a secret", () => {
  test("is printed nowhere, however the configuration is shown", () => {
    const config = readConfig(production);
    const pepper = config.pin_pepper;
    const ways = [
      JSON.stringify(config),
      inspect(config, { depth: 9, showHidden: true }),
      inspect(config, { depth: 9, customInspect: false }),
      JSON.stringify(Object.entries(pepper ?? {})),
      inspect({ ...pepper }),
      format("%s", pepper),
    ];
    for (const shown of ways) for (const value of secrets) expect(shown).not.toContain(value);
    expect(JSON.stringify(config)).toContain("[secret]");
    expect(secret("x").reveal()).toBe("x");
  });

  test("is not in what is told of it when it is wrong", () => {
    for (const [name, value] of Object.entries(production)) {
      const wrong = { ...production, [name]: `:// ${value}`, PORT: "x" };
      const told = complaintsOf(wrong).join("\n");
      expect(told).toContain("PORT: got");
      for (const word of secrets) expect(told).not.toContain(word);
    }
  });
});
