import { restoreBackup, type Loaded } from "../db/backup/restore.ts";
import { doubtUnsent } from "../outbox/doubt.ts";
import { audit, programme_id } from "./audit.ts";

export type Restored =
  | Exclude<Loaded, { readonly type: "loaded" }>
  | {
      readonly type: "restored";
      readonly made_at: Date;
      readonly rows: number;
      /** Texts that may have been sent since, for an operator to settle. */
      readonly doubtful_texts: number;
    };

/**
 * Restores a backup into an empty database, so that a service can be started on it at once: no text
 * that may have been sent since is sent again (R34), and the audit log says where its past ends.
 * @param url signs in as who is to own the schema.
 * @throws DamagedBackup
 */
export async function restoreService(url: string, file: string, now: Date): Promise<Restored> {
  let doubtful_texts = 0;
  const loaded = await restoreBackup(url, file, async (trx, made_at) => {
    doubtful_texts = await doubtUnsent(trx, { made_at, now });
    await audit(
      trx,
      { community_id: programme_id, now },
      {
        actor: "service",
        act: "service.restored",
        subject: "service",
        after: { made_at, doubtful_texts },
      },
    );
  });
  return loaded.type === "loaded" ? { ...loaded, type: "restored", doubtful_texts } : loaded;
}
