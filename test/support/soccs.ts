import { execFile } from "node:child_process";
import { join } from "node:path";
import { bare_environment } from "./bare-environment.ts";
import { pin_pepper } from "./world.ts";

const entry = join(import.meta.dirname, "../../src/soccs.ts");

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The operator's command line on a database, as a process of its own. */
export const soccs =
  (database_url: string) =>
  (...words: string[]): Promise<Ran> =>
    new Promise((done) => {
      const env = {
        ...bare_environment,
        DATABASE_URL: database_url,
        DEMO: "on",
        PIN_PEPPER: pin_pepper,
      };
      const child = execFile(process.execPath, [entry, ...words], { env }, (_error, out, err) =>
        done({ code: child.exitCode ?? -1, out, err }),
      );
    });
