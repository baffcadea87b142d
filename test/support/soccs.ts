import { execFile } from "node:child_process";
import { join } from "node:path";
import { bare_environment } from "./bare-environment.ts";
import { pin_pepper } from "./world.ts";

const own_entry = join(import.meta.dirname, "../../src/soccs.ts");

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** What a command is given beside its words. */
export interface Around {
  readonly env?: Readonly<Record<string, string>>;
  /** What is typed into it. */
  readonly typed?: string;
  /** Its source, where that is a copy. */
  readonly entry?: string;
}

/** The operator's command line on a database, as a process of its own. */
export const soccs =
  (database_url: string, { env = {}, typed = "", entry = own_entry }: Around = {}) =>
  (...words: string[]): Promise<Ran> =>
    new Promise((done) => {
      const all = {
        ...bare_environment,
        DATABASE_URL: database_url,
        DEMO: "on",
        PIN_PEPPER: pin_pepper,
        ...env,
      };
      const child = execFile(process.execPath, [entry, ...words], { env: all }, (_, out, err) =>
        done({ code: child.exitCode ?? -1, out, err }),
      );
      child.stdin?.end(typed);
    });
