import { writeFile } from "node:fs/promises";
import { Refused } from "./operator.ts";

/** Writes what names people, for its owner's eyes, and overwrites nothing. */
export async function save(path: string, contents: Uint8Array | string): Promise<void> {
  try {
    await writeFile(path, contents, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new Refused(`--out ${path}: ${error instanceof Error ? error.message : "not written"}`, {
      cause: error,
    });
  }
}
