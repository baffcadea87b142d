import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { soccs } from "../support/soccs.ts";
import { freePort } from "../support/servers.ts";
import { callback_secret, openWorld, type World } from "../support/world.ts";

describe("soccs dial", () => {
  let world: World;
  let folder: string;
  beforeAll(async () => {
    world = await openWorld();
    folder = await mkdtemp(join(tmpdir(), "soccs-dial-"));
    await writeFile(join(folder, "secret"), `${callback_secret}\n`);
  });
  afterAll(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  const dial = (env: Readonly<Record<string, string>>, typed: string, ...words: string[]) =>
    soccs(world.database_url, { env, typed })("dial", "+254711000101", ...words);

  test("is a phone in the terminal, with the secret from the file that the service has it from", async () => {
    await world.earned("Achieng Otieno", 12);
    const file = { AT_CALLBACK_SECRET_FILE: join(folder, "secret") };
    const by_file = await dial(file, "1\n", "--url", world.service.url);
    expect(by_file, by_file.err).toMatchObject({ code: 0, err: "" });
    expect(by_file.out).toMatch(/1\. Balance.*Balance 12 SoCC\./s);
    const { port } = new URL(world.service.url);
    const by_port = await dial({ AT_CALLBACK_SECRET: callback_secret, PORT: port }, "");
    expect(by_port, by_port.err).toMatchObject({ code: 0 });
    expect(by_port.out).toContain("1. Balance");
  });

  test("refuses with exit code 2 and says what is wanted", async () => {
    const refused = [
      await dial({}, "", "--url", world.service.url),
      await dial({}, "", "--url", `http://127.0.0.1:${await freePort()}`),
      await dial({}, "", "--code", "hello"),
      await soccs(world.database_url)("dial", "me"),
    ];
    expect(refused.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    expect(refused.map(({ err }) => err.trim())).toEqual([
      expect.stringContaining("has another secret"),
      expect.stringContaining("no service answers there"),
      '"hello" cannot be dialled',
      '"me" is not a phone number',
    ]);
  });
});
