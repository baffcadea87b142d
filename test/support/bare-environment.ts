import { join } from "node:path";

/**
 * What a process of ours is started with in a test, beside what the test says: nothing of the
 * machine's own settings. The hundred that one run starts load the same files, compiled once.
 */
export const bare_environment = {
  PATH: process.env["PATH"],
  NODE_COMPILE_CACHE: join(import.meta.dirname, "../../node_modules/.cache/compiled"),
} as const;
