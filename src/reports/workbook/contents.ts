import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Reader } from "../../db/database.ts";
import type { Community } from "../../domain/communities.ts";
import { readCommunity, type CommunityRecord } from "../../domain/community-settings.ts";
import { deedsByKind, readFigures, type DeedFigures, type Figures } from "../figures.ts";
import { onTheWall } from "../journals.ts";
import type { Month } from "../months.ts";
import { people, readAccounts, total, type AccountMonth } from "./accounts.ts";
import {
  readCacheDays,
  readCashOuts,
  readDeeds,
  readOthers,
  readRedemptions,
  readTransfers,
  type CacheDay,
  type CashOutLine,
  type DeedLine,
  type OtherLine,
  type RedemptionLine,
  type TransferLine,
} from "./lines.ts";

/** All that a workbook tells of one month of one community. */
export interface Contents {
  readonly community: CommunityRecord & Community;
  readonly month: Month;
  /** What the clock on the community's wall shows, in milliseconds as if that were UTC. */
  readonly made_at: number;
  readonly is_over: boolean;
  readonly accounts: readonly AccountMonth[];
  readonly deeds: readonly DeedLine[];
  readonly redemptions: readonly RedemptionLine[];
  readonly transfers: readonly TransferLine[];
  readonly cash_outs: readonly CashOutLine[];
  readonly others: readonly OtherLine[];
  readonly cache_days: readonly CacheDay[];
  readonly figures: Figures;
  readonly by_kind: readonly DeedFigures[];
}

/**
 * Reads a month, to be read in one snapshot.
 * @throws when its lines are not what the ledger's entries sum up to: a bug.
 */
export async function readContents(
  db: Reader,
  community: Community,
  { month, now }: { readonly month: Month; readonly now: Date },
): Promise<Contents> {
  const [figures] = await readFigures(db, community, { months: [month], now });
  assert(figures !== undefined, "a month has its figures");
  const contents: Contents = {
    community: { ...community, ...(await readCommunity(db, community)) },
    month,
    made_at: await wallClock(db, community, now),
    is_over: month.until <= now,
    accounts: await readAccounts(db, community.id, month),
    deeds: await readDeeds(db, community, month),
    redemptions: await readRedemptions(db, community, month),
    transfers: await readTransfers(db, community, month),
    cash_outs: await readCashOuts(db, community, month),
    others: await readOthers(db, community, month),
    cache_days: await readCacheDays(db, community, month),
    figures,
    by_kind: await deedsByKind(db, community.id, month),
  };
  checkContents(contents);
  return contents;
}

async function wallClock(db: Reader, { time_zone }: Community, now: Date): Promise<number> {
  const { rows } = await sql<{ shown: number }>`
    select ${onTheWall(sql`${now}::timestamptz`, time_zone)} as shown
  `.execute(db);
  const [row] = rows;
  assert(row !== undefined, "a clock shows something");
  return row.shown;
}

/**
 * Lines come from the journals and from what they were for, what accounts had and became from the
 * entries, and the figures from the balances: each sheet's total is held against another's source.
 */
function checkContents(contents: Contents): void {
  const { accounts, deeds, redemptions, transfers, cash_outs, others, figures } = contents;
  const persons = people(accounts);
  const amounts = (lines: readonly { readonly amount: number }[]) =>
    sumOf(lines, ({ amount }) => amount);
  const spent = total(persons, "spent");
  const pairs: readonly (readonly [what: string, lines: number, ledger: number])[] = [
    ["earned", amounts(deeds), total(persons, "earned")],
    ["earned, as figures have it", figures.earned, total(persons, "earned")],
    ["spent", amounts(redemptions), spent],
    ["spent, as figures have it", figures.redeemed, spent],
    ["handed over by the partner", figures.redeemed_at_partner, spent - total(persons, "taken")],
    ["sent", amounts(transfers), total(persons, "sent")],
    ["received", amounts(transfers), total(persons, "received")],
    ["cashed out", amounts(cash_outs), total(persons, "cashed_out")],
    ["other", amounts(others), total(persons, "other")],
    ["with people", figures.outstanding, total(persons, "closing")],
  ];
  for (const [what, lines, ledger] of pairs) assert.equal(lines, ledger, what);
  checkCache(contents);
}

function checkCache({ accounts, deeds, others, cache_days, figures }: Contents): void {
  const { opening, closing } = cacheOf(accounts);
  const changes = cache_days.map(
    ({ accrued, brought_over, spent }) => accrued + brought_over - spent,
  );
  const lines = [...deeds.map(({ accrued }) => accrued), ...others.map(({ cached }) => cached)];
  assert.equal(opening + sumOf(changes, (change) => change), closing, "the cache, by days");
  assert.equal(opening + sumOf(lines, (change) => change), closing, "the cache, by lines");
  assert.equal(figures.cache, closing, "the cache, as figures have it");
}

/** The cache's account. */
export function cacheOf(accounts: readonly AccountMonth[]): AccountMonth {
  const cache = accounts.find(({ kind }) => kind === "cache");
  assert(cache !== undefined, "every community has a cache");
  return cache;
}

export const sumOf = <T>(items: readonly T[], amount: (item: T) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);
