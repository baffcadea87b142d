import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** As whom Postgres runs, for it refuses to run as root. */
export interface Runner {
  /** for messages: "run as …" */
  readonly name: string;
  /** words put before a command */
  readonly prefix: readonly string[];
  /** the user the process becomes, when not this one */
  readonly becomes?: Identity;
  /** whose the cluster's files must be; undefined when this process could not change that */
  readonly owner?: Identity;
}

interface Identity {
  readonly uid: number;
  readonly gid: number;
}

/** The system's commands a root needs; tests put others in their place. */
export interface Means {
  readonly unshare: string;
  readonly groupadd: string;
  readonly useradd: string;
  readonly systemUser: string;
}

export const systemMeans: Means = {
  unshare: "unshare",
  groupadd: "groupadd",
  useradd: "useradd",
  systemUser: "postgres",
};

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { cwd: string; env: NodeJS.ProcessEnv; uid?: number; gid?: number };
}

/**
 * An ordinary user runs Postgres itself. Root runs it in a user namespace of its own, where it is
 * nobody but owns the same files; where the system forbids that (Docker does), as a system user.
 *
 * @throws Error in one line that names DATABASE_URL, when root can do neither.
 */
export async function chooseRunner(means: Means): Promise<Runner> {
  if (process.getuid?.() !== 0) return { name: "this user", prefix: [] };
  const inNamespace = [means.unshare, "--user"];
  const noNamespace = await failureOf(means.unshare, ["--user", "true"]);
  if (noNamespace === undefined) {
    return { name: "root in a user namespace", prefix: inNamespace, owner: { uid: 0, gid: 0 } };
  }
  const name = means.systemUser;
  const noUser = await makeSystemUser(means);
  const user = noUser === undefined ? await identityOf(name) : undefined;
  if (user !== undefined) {
    return { name: `system user ${name}`, prefix: [], becomes: user, owner: user };
  }
  throw new Error(
    `Postgres refuses to run as root; tried a user namespace (${noNamespace}) and ` +
      `a system user ${name} (${noUser ?? "made, but not found"}); ` +
      "run as another user, or set DATABASE_URL to a Postgres 15 or newer",
  );
}

/** Why there is no such user and none could be made, or undefined when there is one. */
async function makeSystemUser(means: Means): Promise<string | undefined> {
  const name = means.systemUser;
  if ((await identityOf(name)) !== undefined) return undefined;
  const noGroup = await failureOf(means.groupadd, ["--system", "--force", name]);
  if (noGroup !== undefined) return noGroup;
  const home = ["--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"];
  return await failureOf(means.useradd, ["--system", "--gid", name, ...home, name]);
}

async function identityOf(user: string): Promise<Identity | undefined> {
  if ((await failureOf("id", [user])) !== undefined) return undefined;
  const [uid, gid] = await Promise.all([run("id", ["-u", user]), run("id", ["-g", user])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Undefined when the command ends with 0; else one line that tells why not. */
async function failureOf(file: string, args: string[]): Promise<string | undefined> {
  try {
    await run(file, args);
    return undefined;
  } catch (error) {
    const line = error instanceof Error ? error.message : String(error);
    return line.trim().replace(/\s*\n\s*/g, ": ");
  }
}

/** A command as its runner runs it: of this process's environment, secrets in it, it sees the path. */
export function commandFor(runner: Runner, program: string, args: readonly string[]): Command {
  const [file = program, ...rest] = [...runner.prefix, program, ...args];
  const env = { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" };
  return { file, args: rest, options: { cwd: "/", env, ...runner.becomes } };
}

/** Whether the runner may read (-r), write (-w), or enter and run (-x) what lies at a path. */
export async function mayUse(
  runner: Runner,
  mode: "-r" | "-w" | "-x",
  path: string,
): Promise<boolean> {
  const { file, args, options } = commandFor(runner, "test", [mode, path]);
  try {
    await run(file, [...args], options);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === 1) return false;
    throw error;
  }
}

/** Hands a tree to the runner, also one that another runner filled on an earlier start. */
export async function giveTo(runner: Runner, path: string): Promise<void> {
  if (runner.owner === undefined) return;
  const { uid, gid } = runner.owner;
  // Always all of it, since a hand-over can be cut short: some milliseconds for a thousand files.
  await run("chown", ["-R", "-h", `${uid}:${gid}`, path]);
}
