import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { portToKeep } from "../support/servers.ts";
import { eventually } from "../support/world.ts";

const caddyfile = join(import.meta.dirname, "../../deploy/Caddyfile");
const has_caddy = spawnSync("caddy", ["version"]).error === undefined;

/** Stands for a web replica: says its name, and for whom it was asked. */
async function replica(name: string): Promise<{ port: number; takesCalls: (is: boolean) => void }> {
  const port = await portToKeep();
  let takes = true;
  const server = createServer((asked, answer) => {
    if (asked.url === "/readyz/service") answer.writeHead(takes ? 200 : 503).end();
    else answer.end(`${name} ${String(asked.headers["x-forwarded-for"])}`);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port, takesCalls: (is) => (takes = is) };
}

/** A Caddy with the project's own file, before these replicas. @returns where it listens. */
async function proxyBefore(ports: readonly number[]): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "soccs-caddy-"));
  const url = `http://127.0.0.1:${await portToKeep()}`;
  const text = readFileSync(caddyfile, "utf8");
  const here = ports.map((port) => `127.0.0.1:${port}`).join(" ");
  writeFileSync(join(dir, "Caddyfile"), text.replace("web1:3000 web2:3000", here));
  const child = spawn("caddy", ["run", "--config", join(dir, "Caddyfile")], {
    env: {
      PATH: process.env["PATH"],
      ...{ SITE_ADDRESS: url, TLS_PROXY: "192.0.2.1/32" },
      ...{ HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir },
    },
    stdio: "ignore",
  });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    rmSync(dir, { recursive: true, force: true });
  });
  await eventually(async () => expect((await fetch(`${url}/healthz`)).status).toBe(200));
  return url;
}

test.runIf(has_caddy)(
  "the proxy shares calls out, passes over who takes none, and hands on the caller's own address",
  async () => {
    const [one, two] = [await replica("one"), await replica("two")];
    const url = await proxyBefore([one.port, two.port]);
    const call = async (headers = {}): Promise<string> => {
      const sent = { method: "POST", headers, body: new URLSearchParams({ text: "" }) };
      return await (await fetch(`${url}/at/secret/ussd`, sent)).text();
    };
    const answering = async (): Promise<ReadonlySet<string>> => {
      const answers = await Promise.all(Array.from({ length: 20 }, () => call()));
      return new Set(answers.map((answer) => answer.split(" ")[0] ?? ""));
    };
    expect(await answering()).toEqual(new Set(["one", "two"]));
    two.takesCalls(false);
    await eventually(async () => expect(await answering()).toEqual(new Set(["one"])));
    two.takesCalls(true);
    await eventually(async () => expect(await answering()).toEqual(new Set(["one", "two"])));

    // Nobody says of themselves whom they speak for.
    expect(await call({ "x-forwarded-for": "203.0.113.7" })).toMatch(/ 127\.0\.0\.1$/);
    for (const path of ["/metrics", "/readyz/service", "/phone", "/simulator/control"])
      expect((await fetch(url + path)).status).toBe(404);
  },
);
