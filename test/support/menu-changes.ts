import assert from "node:assert/strict";
import type { Context } from "../../src/domain/context.ts";
import { approveChange, draftChange } from "../../src/domain/menu-changes.ts";
import { menuContents } from "../../src/domain/menu-draft.ts";

/** Drafts a change of the menus for the partner, and approves it for the overseer. */
export async function changeMenus(
  { trx, community, now }: Context,
  change: Parameters<typeof menuContents.parse>[0],
): Promise<void> {
  const contents = menuContents.parse(change);
  const draft = { note: "Talked over on Sunday.", effective_at: undefined, contents };
  const drafted = await draftChange(trx, { community, now, actor: "key:partner" }, draft);
  assert(drafted.type === "drafted", JSON.stringify(drafted));
  const by = { community, now, actor: "key:overseer" };
  const approved = await approveChange(trx, by, drafted.change.id);
  assert(approved.type === "approved", JSON.stringify(approved));
}
