import type { Command } from "commander";
import { actOnce } from "../domain/kept-answers.ts";
import { applyFile, type Applied } from "../domain/community-apply.ts";
import { readCommunityFile } from "../domain/community-file.ts";
import { listCommunities, type CommunityRecord } from "../domain/community-settings.ts";
import { Refused, type WithDatabase } from "./operator.ts";

/** Most communities of one listing. */
const listed_max = 1000;

/** `soccs communities`: who takes part. */
export function communities(program: Command, withDatabase: WithDatabase): void {
  const command = program.command("communities").description("Communities and their files.");

  command
    .command("list")
    .description("List the communities, the newest first.")
    .option("--json", "print one JSON document")
    .action(async ({ json }: { json?: boolean }) => {
      const everything = { kind: "overseer" } as const;
      const { items } = await withDatabase((db) =>
        listCommunities(db, everything, { limit: listed_max }),
      );
      console.log(json ? JSON.stringify(items, null, 2) : items.map(describe).join("\n"));
    });

  command
    .command("apply")
    .description(
      "Found a community from its file. One that is there has its settings changed, and what differs " +
        "in menus, ratio, proof by text or cash-out value filed as a menu change that waits for approval.",
    )
    .argument("<file>", "such as menus/communities/kisumu-manyatta.yaml")
    .option("--note <text>", "with whom the change was talked over, and what they said")
    .option("--json", "print one JSON document")
    .action(async (path: string, { note, json }: { note?: string; json?: boolean }) => {
      const { file, placeOf } = readCommunityFile(path);
      if (note !== undefined && (note.length === 0 || note.length > 1000))
        throw new Refused("--note: wants 1 to 1000 characters");
      const now = new Date();
      const spec = { file, note: note ?? `From ${file.slug}.yaml, without a note.` };
      const applied = await withDatabase((db) =>
        actOnce<Applied, Applied>(db, { request: undefined, now }, async (trx) => {
          const done = await applyFile(trx, { now, actor: "service" }, spec);
          if (done.type === "wrong" || done.type === "too-many-drafts") return { refused: done };
          return { done, keep: { status: 200, answer: null } };
        }),
      );
      if (applied.type !== "done")
        throw new Refused(why(applied.type === "refused" ? applied.refused : undefined, placeOf));
      console.log(json ? JSON.stringify(applied.done, null, 2) : tell(file.slug, applied.done));
    });
}

const describe = ({ slug, partner, stage, ussd_code, sms_number }: CommunityRecord): string =>
  [slug, partner, stage, `dial ${ussd_code ?? "-"}`, `text ${sms_number ?? "-"}`].join("  ");

function why(refused: Applied | undefined, placeOf: (path: Complaint["path"]) => string): string {
  if (refused?.type === "wrong")
    return refused.complaints.map(({ path, message }) => `${placeOf(path)}: ${message}`).join("\n");
  if (refused?.type === "too-many-drafts")
    return `${refused.count} menu changes wait already: have the overseer decide first`;
  throw new Error("an act without a name is done or refused");
}

type Complaint = Extract<Applied, { type: "wrong" }>["complaints"][number];

function tell(slug: string, applied: Applied): string {
  if (applied.type !== "applied") return `${slug}: founded`;
  const settings =
    applied.settings.length > 0 ? `changed ${applied.settings.join(", ")}` : undefined;
  const change = applied.change && `menu change ${applied.change.id} waits for approval`;
  return `${slug}: ${[settings, change].filter(Boolean).join("; ") || "nothing differs"}`;
}
