import { balanceOf, cacheOf, lastLines } from "../ledger/statement.ts";
import type { Context } from "./context.ts";
import { dayIn } from "./format.ts";
import type { Member } from "./members.ts";
import { communalRewards } from "./rewards.ts";

/** How many lines of the SoCC Book stand beside a balance. */
const lines_shown = 3;

/** A member's balance, the community's cache, and the last lines: `14/3 +10, 12/3 +3`. */
export async function readBalance(
  { trx, community }: Context,
  member: Member,
): Promise<{ balance: number; cache: number; lines: string }> {
  const account = { community_id: community.id, id: member.id };
  const [balance, cache, lines] = await Promise.all([
    balanceOf(trx, community.id, member.id),
    cacheOf(trx, community.id),
    lastLines(trx, account, { size: lines_shown }),
  ]);
  const shown = lines.map(({ happened_at, amount }) => {
    const day = dayIn(community.time_zone, happened_at);
    return `${day} ${amount > 0 ? "+" : ""}${amount}`;
  });
  return { balance, cache, lines: shown.length === 0 ? "-" : shown.join(", ") };
}

/** What a member can spend. */
export const readFunds = async (
  { trx, community }: Context,
  member: Member,
): Promise<{ balance: number }> => ({ balance: await balanceOf(trx, community.id, member.id) });

/** Most communal rewards that one screen names. */
const rewards_shown = 4;

/** The cache, and what it could be spent on: `Market bins 300, Water point 2000`. */
export async function readCommunity(
  { trx, community }: Context,
  reader: Member,
): Promise<{ community: string; cache: number; rewards: string }> {
  const [cache, rewards] = await Promise.all([
    cacheOf(trx, community.id),
    communalRewards(trx, community, reader.language),
  ]);
  const shown = rewards.slice(0, rewards_shown).map(({ name, price }) => `${name} ${price}`);
  return { community: community.name, cache, rewards: shown.join(", ") || "-" };
}
