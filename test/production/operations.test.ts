import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { makeSecrets, type Secrets } from "../support/secrets.ts";
import { databaseUrl, portToKeep, query } from "../support/servers.ts";
import { soccs } from "../support/soccs.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const operations = read("docs/operations.md");

interface Composed {
  readonly services: Record<string, { readonly command?: readonly string[] }>;
}
const composed = parse(read("docker-compose.yml"), { merge: true }) as Composed;

/** The statements that docs/operations.md hands to psql, by a word that only they have. */
function statementsWith(word: string): string {
  const blocks = [...operations.matchAll(/ psql [^\n]*<<'?END'?\n(.*?)\nEND\n/gs)];
  const found = blocks.map(([, sql = ""]) => sql).filter((sql) => sql.includes(word));
  expect(found).toHaveLength(1);
  return found[0] ?? "";
}

let place: string;
let secrets: Secrets;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), "soccs-operations-"));
  secrets = makeSecrets(place);
});
afterAll(() => {
  rmSync(place, { recursive: true });
});

const secretsNow = (): ReadonlyMap<string, string> =>
  new Map(secrets.names().map((name) => [name, secrets.read(name)]));

test("every service that is named in a command is there", () => {
  const commands = [...operations.matchAll(/docker compose ([^`\n]+)/g)].map(([, all = ""]) => all);
  expect(commands.length).toBeGreaterThan(15);
  const named = commands.flatMap((command) => {
    const [, service] =
      /^(?:run|exec|build|restart|logs|up) (?:-\S+ (?:"\S+ )?)*(\w+)/.exec(command) ?? [];
    return service === undefined ? [] : [service];
  });
  expect(named).toEqual(expect.arrayContaining(["migrate", "web1", "postgres", "proxy"]));
  expect(named.filter((name) => composed.services[name] === undefined)).toEqual([]);
});

test("every variable that .env may hold is handed on, or stands for something", () => {
  const [, told = ""] = /- `\.env` may also hold (.*?)\n- /s.exec(operations) ?? [];
  const names = [...told.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = ""]) => name);
  expect(names.length).toBeGreaterThan(6);
  const file = read("docker-compose.yml");
  expect(names.filter((name) => !file.includes(`\${${name}:-`))).toEqual([]);
});

describe("a secret is changed by removing its file", () => {
  const [, section = ""] = /^## Rotate\n(.*?)^## /ms.exec(operations) ?? [];
  const rows = [...section.matchAll(/^\| [^|]+ \| ((?:`\w+`[^|]*)+)\|/gm)].map(([, cell = ""]) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name),
  );
  const made = rows.filter((names) => names.some((name) => /password|secret|admin_key/.test(name)));

  test("of which the table has them all", () => {
    expect(made.flat()).toEqual(
      expect.arrayContaining(["callback_secret", "service_password", "redis_conf", "admin_key"]),
    );
  });

  test.each(made.map((names) => [names.join(" "), names] as const))("%s", (_all, names) => {
    const before = secretsNow();
    for (const name of names) rmSync(secrets.path(name));
    secrets.again();
    const after = secretsNow();
    expect([...after.keys()]).toEqual([...before.keys()]);
    const changed = [...after].filter(([name, text]) => before.get(name) !== text);
    expect(new Set(changed.map(([name]) => name))).toEqual(new Set(names));
    // What is made from a password has the new one.
    const [password] = names;
    for (const name of names) expect(after.get(name)).toContain(after.get(password ?? ""));
    for (const name of names) expect(statSync(secrets.path(name)).mode & 0o777).toBe(0o444);
    expect(statSync(secrets.dir).mode & 0o777).toBe(0o700);
  });
});

describe("on a real Postgres", () => {
  /** The documents' names, which belong to the whole server, as this run's own. */
  const own = `soccs_${process.pid}`;
  const renamed = (sql: string): string => sql.replaceAll(/\bsoccs(?=_before|_service|;| )/g, own);
  const server = (): string => inject("postgres_url");

  test("a back-up is restored as the steps say, and the database of before is still there", async () => {
    await query(server(), `create database ${own}`);
    const url = databaseUrl(server(), own);
    onTestFinished(async () => {
      for (const name of [own, `${own}_before`])
        await query(server(), `drop database if exists ${name} with (force)`);
    });
    const run = soccs(url);
    expect(await run("migrate")).toMatchObject({ code: 0 });
    const file = join(root, "menus/communities/kisumu-manyatta.yaml");
    expect(await run("communities", "apply", file)).toMatchObject({ code: 0 });
    const backup = join(place, "of-then");
    expect(await run("backup", backup)).toMatchObject({ code: 0 });

    const statements = renamed(statementsWith("rename to")).split("\n");
    expect(statements).toEqual([
      `alter database ${own} rename to ${own}_before;`,
      `create database ${own};`,
    ]);
    for (const statement of statements) await query(server(), statement);
    const restored = await run("restore", backup);
    expect(restored, restored.err).toMatchObject({ code: 0 });
    expect(restored.out).toContain("kisumu-manyatta: the books agree");
    expect((await run("communities", "list")).out).toContain("kisumu-manyatta");
    expect((await soccs(`${url}_before`)("communities", "list")).out).toContain("kisumu-manyatta");
  }, 60_000);

  test("the service's login takes the password that was made anew", async () => {
    await query(server(), `create role ${own}_service login password 'before'`);
    onTestFinished(() => query(server(), `drop role ${own}_service`));
    const password = secrets.read("service_password");
    const statement = renamed(statementsWith("alter role")).replace(/\$\(cat \S+\)/, password);
    await query(server(), statement);
    const login = new URL(server());
    login.username = `${own}_service`;
    login.password = password;
    await query(login.href, "select");
    login.password = "before";
    await expect(query(login.href, "select")).rejects.toThrow(/password/);
  });
});

test("Redis starts as Compose starts it, wants the password, and shows it in no list of processes", async (context) => {
  const probe = spawnSync("redis-server", ["--version"]);
  if (probe.error !== undefined) {
    if (process.env["CI"] === "true") throw new Error("no redis-server");
    context.skip("no redis-server on the path");
    return;
  }
  const [program = "", ...words] = composed.services["redis"]?.command ?? [];
  const port = await portToKeep();
  const here = words.map((word) => word.replace("/run/secrets", secrets.dir));
  const child = spawn(program, [...here, "--port", String(port), "--dir", place], {
    stdio: "pipe",
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const password = secrets.read("redis_password");
  const open = (given?: string): Redis => {
    const redis = new Redis({
      port,
      host: "127.0.0.1",
      lazyConnect: true,
      ...(given !== undefined && { password: given }),
    });
    redis.on("error", () => undefined);
    onTestFinished(() => redis.disconnect());
    return redis;
  };
  const known = open(password);
  expect(await known.ping()).toBe("PONG");
  expect(await known.config("GET", "maxmemory*")).toEqual(
    expect.arrayContaining(["maxmemory-policy", "noeviction"]),
  );
  expect(await known.config("GET", "appendonly")).toEqual(["appendonly", "yes"]);
  await expect(open().ping()).rejects.toThrow(/NOAUTH/);
  const shown = execFileSync("ps", ["-o", "command=", "-p", String(child.pid)], {
    encoding: "utf8",
  });
  expect(shown).toContain("redis-server");
  expect(shown).not.toContain(password);
});
