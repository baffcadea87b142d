import type { Command } from "commander";
import { inTransaction } from "../db/transaction.ts";
import { listKeys, makeKey, revokeKey, type AdminKey } from "../domain/admin-keys.ts";
import { textGiven, wholeNumber } from "./given.ts";
import { isId, Refused, type WithDatabase } from "./operator.ts";

/** Most keys of one listing; there are a handful. */
const listed_max = 200;

/** `soccs keys`: who may use the admin API. */
export function keys(program: Command, withDatabase: WithDatabase): void {
  const command = program.command("keys").description("Keys of the admin API.");

  command
    .command("create")
    .description("Make a key and print it, once. The overseer's, or with --partner a partner's.")
    .requiredOption("--name <text>", "who holds it, and for what", textGiven(60))
    .option("--partner <name>", "the partner it belongs to")
    .option("--days <days>", "days until it expires", wholeNumber(1, 3650, "days"), 365)
    .option("--json", "print one JSON document")
    .action(async (given: { name: string; partner?: string; days: number; json?: boolean }) => {
      const { name, partner, days, json } = given;
      const made = await withDatabase((db) =>
        inTransaction(db, (trx) =>
          makeKey(trx, { name, partner, days, actor: "service", now: new Date() }),
        ),
      );
      if (made.type === "no-such-partner") throw new Refused(`no partner "${partner ?? ""}"`);
      const { record, key } = made;
      console.log(
        json ? JSON.stringify({ ...record, key }, null, 2) : `${describe(record)}\n${key}`,
      );
    });

  command
    .command("list")
    .description("List the keys, newest first; never the keys themselves.")
    .option("--json", "print one JSON document")
    .action(async ({ json }: { json?: boolean }) => {
      const { items } = await withDatabase((db) => listKeys(db, { limit: listed_max }));
      console.log(json ? JSON.stringify(items, null, 2) : items.map(describe).join("\n"));
    });

  command
    .command("revoke")
    .description("End a key at once and for good.")
    .argument("<id>", "as `keys list` shows it")
    .option("--json", "print one JSON document")
    .action(async (id: string, { json }: { json?: boolean }) => {
      if (!isId(id)) throw new Refused(`no key ${id}: wants an id from \`keys list\``);
      const revoked = await withDatabase((db) =>
        inTransaction(db, (trx) => revokeKey(trx, { id, actor: "service", now: new Date() })),
      );
      if (revoked.type === "no-such-key") throw new Refused(`no key ${id}`);
      console.log(json ? JSON.stringify(revoked.record, null, 2) : describe(revoked.record));
    });
}

const day = (at: Date): string => at.toISOString().slice(0, 10);

const describe = (key: AdminKey): string =>
  [
    key.id,
    key.partner ?? "(overseer)",
    key.name,
    key.revoked_at === null ? `until ${day(key.expires_at)}` : `revoked ${day(key.revoked_at)}`,
    key.last_used_at === null ? "never used" : `used ${day(key.last_used_at)}`,
  ].join("  ");
