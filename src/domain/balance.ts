import { balanceOf, cacheOf, lastLines } from "../ledger/statement.ts";
import type { Context } from "./context.ts";
import { dayIn } from "./format.ts";
import type { Member } from "./members.ts";

/** How many lines of the SoCC Book stand beside a balance. */
const lines_shown = 3;

/** A member's balance, the community's cache, and the last lines: `14/3 +10, 12/3 +3`. */
export async function readBalance(
  { trx, community }: Context,
  member: Member,
): Promise<{ balance: number; cache: number; lines: string }> {
  const account = { community_id: community.id, id: member.id };
  const balance = await balanceOf(trx, community.id, member.id);
  const cache = await cacheOf(trx, community.id);
  const lines = await lastLines(trx, account, { size: lines_shown });
  const shown = lines.map(({ happened_at, amount }) => {
    const day = dayIn(community.time_zone, happened_at);
    return `${day} ${amount > 0 ? "+" : ""}${amount}`;
  });
  return { balance, cache, lines: shown.length === 0 ? "-" : shown.join(", ") };
}
