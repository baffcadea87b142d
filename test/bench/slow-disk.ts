import { execFile } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Sleeps, then really syncs: what a cloud volume does to a commit. commit_delay is no such thing,
 * for Postgres leaves it out when few transactions are open. */
const shim = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>

static int slowly(const char *name, int fd) {
  int (*sync)(int) = (int (*)(int)) dlsym(RTLD_NEXT, name);
  usleep(DELAY_MS * 1000);
  return sync(fd);
}

int fsync(int fd) { return slowly("fsync", fd); }
int fdatasync(int fd) { return slowly("fdatasync", fd); }
`;

/**
 * Wraps the Postgres program so that every fsync and fdatasync takes longer.
 * @param dir the wrapper and what it loads are made here, for every user to read.
 * @returns the wrapper's path, or undefined where there is no C compiler.
 */
export async function slowedDown(
  postgres: string,
  how: { dir: string; delay_ms: number },
): Promise<string | undefined> {
  const source = join(how.dir, "slow-disk.c");
  const library = join(how.dir, "slow-disk.so");
  const wrapper = join(how.dir, "postgres-on-slow-disk");
  writeFileSync(source, shim);
  try {
    const words = ["-shared", "-fPIC", "-O1", `-DDELAY_MS=${how.delay_ms}`, "-o", library, source];
    await run("cc", [...words, "-ldl"]);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  // exec, so that the process that was started is Postgres itself.
  writeFileSync(wrapper, `#!/bin/sh\nLD_PRELOAD='${library}' exec '${postgres}' "$@"\n`);
  for (const path of [library, wrapper, how.dir]) chmodSync(path, 0o755);
  return wrapper;
}
