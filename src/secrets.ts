import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const shape = z.object({ pin_pepper: z.string(), admin_key: z.string() });

/** Secrets a demo makes for itself. */
export type GeneratedSecrets = z.infer<typeof shape>;

/** The secrets in the data folder, made at the first start and kept: PINs hashed before must stay good. */
export async function generatedSecrets(data_dir: string): Promise<GeneratedSecrets> {
  const file = join(data_dir, "secrets.json");
  const fresh = { pin_pepper: random(), admin_key: random() };
  await mkdir(data_dir, { recursive: true });
  try {
    // Fails when it is there: then that one counts, whoever wrote it.
    await writeFile(file, JSON.stringify(fresh), { flag: "wx", mode: 0o600 });
    return fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return shape.parse(JSON.parse(await readFile(file, "utf8")));
  }
}

const random = (): string => randomBytes(24).toString("base64url");
