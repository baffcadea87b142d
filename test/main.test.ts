import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startService as start, type Running } from "./support/service-process.ts";
import { eventually } from "./support/world.ts";

describe("npm start", () => {
  let dir = "";
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), "soccs-main-"));
    chmodSync(dir, 0o755);
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const dial = async ({ url }: Running, session: string, text: string): Promise<string> => {
    const fields = {
      sessionId: session,
      phoneNumber: "+254711000101",
      serviceCode: "*384*2255#",
      text,
    };
    const body = new URLSearchParams(fields);
    return await (await fetch(`${url}/at/demo/ussd`, { method: "POST", body })).text();
  };

  const postgresPid = (): number =>
    Number(readFileSync(join(dir, "postgres/postmaster.pid"), "utf8").split("\n")[0]);

  const isAlive = (pid: number): boolean => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };

  test("prints where it listens, the phone, the people and their PINs, and answers", async () => {
    const service = await start({ DATA_DIR: dir });
    expect(service.printed()).toContain(`${service.url}/phone`);
    expect(service.printed()).toMatch(/Achieng Otieno +\+254711000101 +PIN 2580/);
    expect(await dial(service, "first", "2*3*1")).toMatch(/^END Claim/);
    expect((await fetch(`${service.url}/phone`)).status).toBe(200);
    const postgres = postgresPid();

    const { code, took_ms } = await service.end("SIGTERM");
    expect(code).toBe(0);
    expect(took_ms).toBeLessThan(5_000);
    expect(isAlive(postgres)).toBe(false);
  }, 60_000);

  test("keeps its data, and comes back by itself after kill -9 of everything", async () => {
    const before = await start({ DATA_DIR: dir });
    const key = /admin key +(\S+)/.exec(before.printed())?.[1] ?? "";
    expect(await dial(before, "first", "2*3*1")).toMatch(/^END Claim/);
    await before.end("SIGKILL");

    const after = await start({ DATA_DIR: dir });
    // The same turn of the same session still has the same answer, and the same key opens.
    expect(await dial(after, "first", "2*3*1")).toMatch(/^END Claim/);
    const books = await fetch(`${after.url}/admin/v1/communities/kisumu-manyatta/ledger/verify`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(await books.json()).toMatchObject({ ok: true });
    process.kill(postgresPid(), "SIGKILL");
    await after.end("SIGKILL");

    const last = await start({ DATA_DIR: dir });
    expect(await dial(last, "second", "")).toMatch(/^CON/);
    expect((await last.end("SIGINT")).code).toBe(0);
  }, 60_000);

  test("ends by itself when its port is taken, Postgres included", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const refused = await start({ DATA_DIR: dir, PORT: String(port) });
    await eventually(() => {
      expect(refused.process.exitCode).toBe(1);
    });
    expect(refused.printed()).toContain("EADDRINUSE");
    other.close();
  }, 60_000);

  test("refuses a bad environment with one line for each variable, and exits 1", async () => {
    const refused = await start({ DATA_DIR: dir, PORT: "99999", LOG_LEVEL: "loud" });
    await eventually(() => expect(refused.printed()).toContain("LOG_LEVEL"));
    expect(refused.printed()).toMatch(/PORT: got "99999"/);
    expect(refused.process.exitCode).toBe(1);
  });
});
