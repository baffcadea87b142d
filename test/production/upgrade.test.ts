import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "../..");

describe("deploy/upgrade.sh", () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), "soccs-upgrade-"));
    for (const folder of ["deploy", "bin"]) mkdirSync(join(place, folder));
    cpSync(join(root, "deploy/upgrade.sh"), join(place, "deploy/upgrade.sh"));
    writeFileSync(join(place, ".env"), "AT_USERNAME=soccs\nRELEASE=one\nLOG_LEVEL=warn");
    program("git", 'echo "two"');
  });
  afterEach(() => {
    rmSync(place, { recursive: true });
  });

  /** Puts a shell program where the script finds it before the machine's own. */
  function program(name: string, body: string): void {
    const path = join(place, "bin", name);
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  }

  /** Runs it beside a `docker` that notes what it is asked, and may refuse. */
  function upgrade(words: readonly string[], refuses = ""): { code: number | null; said: string } {
    const refusal = refuses === "" ? "" : `case "$*" in *"${refuses}"*) exit 1 ;; esac`;
    program("docker", `echo "$RELEASE: $*" >>"${place}/asked"\n${refusal}`);
    const { status, stdout, stderr } = spawnSync(join(place, "deploy/upgrade.sh"), words, {
      env: { PATH: `${join(place, "bin")}:${process.env["PATH"] ?? ""}` },
      encoding: "utf8",
    });
    return { code: status, said: stdout + stderr };
  }

  const asked = (): readonly string[] =>
    readFileSync(join(place, "asked"), "utf8").trimEnd().split("\n");
  const kept = (): string => readFileSync(join(place, ".env"), "utf8");

  const replaced = (release: string): readonly string[] =>
    ["web1", "web2", "worker"].map(
      (service) => `${release}: compose up -d --no-deps --wait ${service}`,
    );

  test("builds, migrates beside the old processes, then replaces one after the other", () => {
    const { code, said } = upgrade([]);
    expect([code, said]).toEqual([0, "from one to two; back: deploy/upgrade.sh one\n"]);
    expect(asked()).toEqual([
      "two: compose build migrate",
      "two: compose run --rm --no-deps migrate",
      ...replaced("two"),
    ]);
    expect(kept()).toBe("AT_USERNAME=soccs\nLOG_LEVEL=warn\nRELEASE=two\n");
  });

  test("goes back to a release whose image is here, and builds nothing", () => {
    expect(upgrade(["one"])).toMatchObject({ code: 0 });
    expect(asked()).toEqual([
      "one: image inspect soccs-by-phone:one",
      "one: compose run --rm --no-deps migrate",
      ...replaced("one"),
    ]);
  });

  test.each([
    ["inspect", ["none"]],
    ["build", []],
    ["run --rm --no-deps migrate", []],
    ["--wait web1", []],
  ])("ends where %s fails: the other replica goes on, and nothing is written", (refuses, words) => {
    const before = kept();
    expect(upgrade(words, refuses).code).not.toBe(0);
    expect(asked().at(-1)).toContain(refuses);
    expect(asked()).not.toContain(replaced("two")[1]);
    expect(kept()).toBe(before);
  });

  test("starts on a host that has no .env yet", () => {
    rmSync(join(place, ".env"));
    expect(upgrade([]).said).toContain("from local to two");
    expect(kept()).toBe("RELEASE=two\n");
  });

  test("names the services that docker-compose.yml has, and no two of them at once", () => {
    const { services } = parse(readFileSync(join(root, "docker-compose.yml"), "utf8"), {
      merge: true,
    }) as { services: Record<string, { image: string }> };
    const ours = Object.entries(services).filter(([, { image }]) => image.includes("RELEASE"));
    expect(ours.map(([name]) => name)).toEqual(["web1", "web2", "worker", "migrate"]);
    const proxy = readFileSync(join(root, "deploy/Caddyfile"), "utf8");
    expect(proxy).toMatch(/^\s+to web1:3000 web2:3000$/m);
    expect(proxy).toMatch(/^\s+health_uri \/readyz\/service$/m);
  });
});
