import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { join } from "node:path";

const script = join(import.meta.dirname, "../../deploy/make-secrets.sh");

/** A folder of secrets as deploy/make-secrets.sh makes it. */
export interface Secrets {
  readonly dir: string;
  readonly path: (name: string) => string;
  readonly read: (name: string) => string;
  /** Puts another in the place of one. */
  readonly write: (name: string, text: string) => void;
  readonly names: () => readonly string[];
  /** Runs the script again, as somebody whose files nobody else may read. */
  readonly again: () => void;
}

/** Makes one. @param place a folder that is there, and in which it will be. */
export function makeSecrets(place: string): Secrets {
  cpSync(script, join(place, "make-secrets.sh"));
  const dir = join(place, "secrets");
  const path = (name: string): string => join(dir, name);
  const again = (): void => {
    execFileSync("sh", ["-c", 'umask 077 && exec "$0"', join(place, "make-secrets.sh")], {
      stdio: "pipe",
    });
  };
  again();
  return {
    ...{ dir, path, again },
    read: (name) => readFileSync(path(name), "utf8"),
    write: (name, text) => {
      rmSync(path(name), { force: true });
      writeFileSync(path(name), text);
    },
    names: () => readdirSync(dir),
  };
}
