import assert from "node:assert/strict";
import { sql } from "kysely";
import type { Reader } from "../../db/database.ts";
import type { LedgerAccountKind, LedgerUnit } from "../../db/types.ts";
import { known_kinds } from "../journals.ts";
import type { Month } from "../months.ts";

/** What a month was to one account, by its entries. All in its own unit; what is given is positive. */
export interface AccountMonth {
  readonly id: string;
  readonly kind: LedgerAccountKind;
  readonly unit: LedgerUnit;
  /** Whose it is; null for the community's own. */
  readonly owner: string | null;
  /** E.164. */
  readonly phone: string | null;
  readonly roles: readonly string[] | null;
  readonly opening: number;
  readonly earned: number;
  /** On rewards. */
  readonly spent: number;
  /** For rewards handed over. */
  readonly taken: number;
  readonly sent: number;
  readonly received: number;
  readonly cashed_out: number;
  /** Gained by journals of any other kind, less what was lost by them. */
  readonly other: number;
  readonly closing: number;
  /** Gained, less what was lost, after the month. */
  readonly later: number;
  /** What the ledger says it has. */
  readonly posted: number;
}

/**
 * Reads every account that there was by the end of a month, people by name and the community's own
 * last. It sums up the entries themselves, from the first, and not what else is kept of them.
 * @throws when the entries of an account are not what it has, when what it gained and lost is not
 *   what became of it, or when a unit does not sum to zero: a bug.
 */
export async function readAccounts(
  db: Reader,
  community_id: string,
  { from, until }: Month,
): Promise<readonly AccountMonth[]> {
  const { rows } = await sql<AccountMonth>`
    with line as (
      select e.account_id, e.amount, coalesce(o.kind, j.kind) as kind,
        (e.amount < 0) <> (j.reverses is not null) as gave,
        j.happened_at < ${from} as before,
        j.happened_at >= ${from} and j.happened_at < ${until} as during
      from ledger.entry as e
      join ledger.journal as j on j.community_id = e.community_id and j.id = e.journal_id
      left join ledger.journal as o on o.community_id = j.community_id and o.id = j.reverses
      where e.community_id = ${community_id}
    ),
    total as (
      select account_id,
        sum(amount) filter (where before) as opening,
        sum(amount) filter (where during and kind = 'earning') as earned,
        -sum(amount) filter (where during and kind = 'redemption' and gave) as spent,
        sum(amount) filter (where during and kind = 'redemption' and not gave) as taken,
        -sum(amount) filter (where during and kind = 'transfer' and gave) as sent,
        sum(amount) filter (where during and kind = 'transfer' and not gave) as received,
        -sum(amount) filter (where during and kind = 'cash-out') as cashed_out,
        sum(amount) filter (where during and kind <> all (${[...known_kinds]}::text[])) as other,
        sum(amount) filter (where before or during) as closing,
        sum(amount) filter (where not before and not during) as later
      from line group by account_id
    ),
    account as (
      -- A busy account has several rows; together they are the account.
      select id, kind, unit, sum(posted)::bigint as posted
      from ledger.account where community_id = ${community_id}
      group by id, kind, unit
    )
    select a.id, a.kind, a.unit, a.posted, m.name as owner, m.phone, m.roles,
      coalesce(opening, 0)::bigint as opening, coalesce(earned, 0)::bigint as earned,
      coalesce(spent, 0)::bigint as spent, coalesce(taken, 0)::bigint as taken,
      coalesce(sent, 0)::bigint as sent, coalesce(received, 0)::bigint as received,
      coalesce(cashed_out, 0)::bigint as cashed_out, coalesce(other, 0)::bigint as other,
      coalesce(closing, 0)::bigint as closing, coalesce(later, 0)::bigint as later
    from account as a
    left join total as t on t.account_id = a.id
    left join member as m on m.community_id = ${community_id} and m.id = a.id
    where m.id is null or m.created_at < ${until} or t.account_id is not null
    order by m.name nulls last, a.id
  `.execute(db);
  checkAccounts(rows);
  return rows;
}

function checkAccounts(accounts: readonly AccountMonth[]): void {
  for (const account of accounts) {
    const { id, opening, closing, later, posted } = account;
    assert.equal(closing + later, posted, `account ${id} is not what its entries say`);
    assert.equal(opening + changeOf(account), closing, `account ${id} does not add up`);
  }
  for (const unit of ["iSoCC", "commSoCC"]) {
    const all = accounts.filter((account) => account.unit === unit);
    assert.equal(total(all, "opening"), 0, `${unit} before the month`);
    assert.equal(total(all, "closing"), 0, `${unit} after the month`);
  }
}

const changeOf = (account: AccountMonth): number =>
  account.earned -
  account.spent +
  account.taken -
  account.sent +
  account.received -
  account.cashed_out +
  account.other;

type Amounts = {
  [K in keyof AccountMonth]: AccountMonth[K] extends number ? K : never;
}[keyof AccountMonth];

export const total = (accounts: readonly AccountMonth[], part: Amounts): number =>
  accounts.reduce((sum, account) => sum + account[part], 0);

/** The accounts of members, vendors and groups. */
export const people = (accounts: readonly AccountMonth[]): readonly AccountMonth[] =>
  accounts.filter(({ kind }) => ["member", "vendor", "group"].includes(kind));
