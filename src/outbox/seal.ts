import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

/** What seals texts at rest; never in the database. */
export type SealingKey = Buffer & { readonly __seals: true };

/** Which text a sealed one is: it cannot be opened as another's, nor sent to another phone. */
export interface Sealed {
  readonly community_id: string;
  readonly id: string;
  readonly recipient: string;
}

const iv_bytes = 12;
const tag_bytes = 16;

/** Derives the key from the PIN pepper (HKDF, RFC 5869), so that neither tells anything of the other. */
export function sealingKey(pepper: Buffer): SealingKey {
  const key = Buffer.from(hkdfSync("sha256", pepper, "", "soccs: texts at rest", 32));
  // A brand, so that a pepper is not taken for a key.
  return key as SealingKey;
}

/** Seals a text: AES-256-GCM, as nonce, tag and ciphertext in one. */
export function seal(key: SealingKey, of: Sealed, text: string): Buffer {
  const iv = randomBytes(iv_bytes);
  const cipher = createCipheriv("aes-256-gcm", key, iv).setAAD(nameOf(of));
  const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), body]);
}

/** Opens a sealed text; undefined under another key, or where it was altered or moved. */
export function unseal(key: SealingKey, of: Sealed, sealed: Buffer): string | undefined {
  const iv = sealed.subarray(0, iv_bytes);
  const tag = sealed.subarray(iv_bytes, iv_bytes + tag_bytes);
  if (tag.length < tag_bytes) return undefined;
  const options = { authTagLength: tag_bytes };
  const decipher = createDecipheriv("aes-256-gcm", key, iv, options).setAAD(nameOf(of));
  decipher.setAuthTag(tag);
  try {
    const body = sealed.subarray(iv_bytes + tag_bytes);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}

const nameOf = ({ community_id, id, recipient }: Sealed): Buffer =>
  Buffer.from(`${community_id} ${id} ${recipient}`);
