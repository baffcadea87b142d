-- Everything the books say of themselves, recomputed from what was written down (R35). No row means
-- that they agree. Postgres sorts and sums on disk where memory is short, so the size of the books
-- is no limit, and whoever asks receives mismatches only.
create function ledger.mismatches(p_community_id uuid)
returns table (
  "check" text, account_id uuid, stripe smallint, journal_id uuid, wanted text, found text
)
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- Each line follows from the one before it: seq without gaps, a running balance, and a carry that
  -- only its own earning or undoing changes, by what it earned less what it accrued.
  select 'line', e.account_id, e.stripe, e.journal_id,
    format(
      'seq %s balance %s carry %s',
      e.seq_before + 1, e.balance_before + e.amount, e.carry_before + e.carried
    ),
    format('seq %s balance %s carry %s', e.seq, e.balance_after, e.carry_after)
  from (
    select l.*,
      case when j.earner = l.account_id then
        l.amount + coalesce(o.accrued * o.accrual_ratio, 0)
          - (coalesce(o.accrued, 0) + j.accrued) * j.accrual_ratio
      else 0 end as carried
    from (
      select *,
        lag(seq, 1, 0::bigint) over line as seq_before,
        lag(balance_after, 1, 0::bigint) over line as balance_before,
        lag(carry_after, 1, 0) over line as carry_before
      from ledger.entry
      where community_id = p_community_id
      window line as (partition by account_id, stripe order by seq)
    ) as l
    left join ledger.journal as j on j.community_id = p_community_id and j.id = l.journal_id
    left join ledger.journal as o on o.community_id = p_community_id and o.id = j.reverses
  ) as e
  where e.seq <> e.seq_before + 1
    or e.balance_after <> e.balance_before + e.amount
    or e.carry_after <> e.carry_before + e.carried

  union all

  -- Each account says what its last line says, and has as many lines as it counts.
  select 'account', coalesce(a.id, e.account_id), coalesce(a.stripe, e.stripe), null,
    format('posted %s carry %s version %s', e.posted, e.carry, e.version),
    format('posted %s carry %s version %s', a.posted, a.carry, a.version)
  from (select * from ledger.account where community_id = p_community_id) as a
  full join (
    select account_id, stripe, sum(amount) as posted, count(*) as version,
      (max(array[seq, carry_after]))[2] as carry
    from ledger.entry
    where community_id = p_community_id
    group by account_id, stripe
  ) as e on e.account_id = a.id and e.stripe = a.stripe
  where a.id is null
    or (a.posted, a.carry, a.version)
      is distinct from (coalesce(e.posted, 0), coalesce(e.carry, 0), coalesce(e.version, 0))

  union all

  -- Each account is what the chart says, and each line is in its account's unit.
  select 'chart', a.id, a.stripe, null, 'as at the head of migrations/0002',
    format('%s in %s with floor %s', a.kind, a.unit, coalesce(a.floor::text, 'none'))
  from ledger.account as a
  where a.community_id = p_community_id
    and case
      when a.kind in ('issuance', 'settlement', 'opening') then a.floor is not null
      else a.floor is distinct from 0
        or a.unit <> case a.kind when 'cache' then 'commSoCC'::ledger.unit else 'iSoCC' end
    end

  union all

  select 'unit', e.account_id, e.stripe, e.journal_id, a.unit::text, e.unit::text
  from ledger.entry as e
  join ledger.account as a
    on a.community_id = e.community_id and a.id = e.account_id and a.stripe = e.stripe
  where e.community_id = p_community_id and e.unit <> a.unit

  union all

  -- Each journal's entries are what it says was asked for, with its accrual, and nothing else.
  select 'journal', coalesce(j.account_id, e.account_id), null, coalesce(j.id, e.journal_id),
    j.amount::text, e.amount::text
  from (
    select id, leg.account_id, leg.amount
    from ledger.journal, unnest(accounts, amounts) as leg (account_id, amount)
    where community_id = p_community_id
    union all
    select id, accrual.account_id, accrual.amount
    from ledger.journal, lateral (
      values
        ('00000000-0000-0000-0000-000000000002'::uuid, -accrued),
        ('00000000-0000-0000-0000-000000000003', accrued)
    ) as accrual (account_id, amount)
    where community_id = p_community_id and accrued <> 0
  ) as j
  full join (
    select journal_id, account_id, sum(amount) as amount
    from ledger.entry
    where community_id = p_community_id
    group by journal_id, account_id
  ) as e on e.journal_id = j.id and e.account_id = j.account_id
  where j.amount is distinct from e.amount

  union all

  -- Each journal balances in each unit.
  select 'balance', null, null, e.journal_id, '0', format('%s %s', sum(e.amount), e.unit)
  from ledger.entry as e
  where e.community_id = p_community_id
  group by e.journal_id, e.unit
  having sum(e.amount) <> 0

  union all

  -- What is held on each account is the sum of its holds that have not ended.
  select 'held', coalesce(a.id, h.account_id), a.stripe, null,
    coalesce(h.held, 0)::text, coalesce(a.held, 0)::text
  from (
    select * from ledger.account
    where community_id = p_community_id and (stripe = 0 or held <> 0)
  ) as a
  full join (
    select h.account_id, sum(h.amount) as held
    from ledger.hold as h
    left join ledger.hold_end as e on e.community_id = h.community_id and e.hold_id = h.id
    where h.community_id = p_community_id and e.hold_id is null
    group by h.account_id
  ) as h on h.account_id = a.id and a.stripe = 0
  where coalesce(a.held, 0) <> coalesce(h.held, 0)

  union all

  -- Each seal is what its journals and the seal before it make, and begins where that one ended.
  select 'seal', null, null, null,
    format('seal %s: %s journals %s', s.number, s.journals, encode(s.hash, 'hex')),
    format('seal %s: %s journals %s', s.number, made.journals, encode(made.hash, 'hex'))
  from (
    select *,
      lag(number, 1, 0::bigint) over (order by number) as number_before,
      lag(sealed_until, 1, '-infinity') over (order by number) as until_before,
      lag(hash, 1, ''::bytea) over (order by number) as hash_before
    from ledger.seal
    where community_id = p_community_id
  ) as s
  cross join lateral ledger.seal_hash(
    p_community_id, s.sealed_from, s.sealed_until, s.hash_before
  ) as made
  where (s.number, s.sealed_from, s.journals, s.hash)
    is distinct from (s.number_before + 1, s.until_before, made.journals, made.hash)
$$;

revoke execute on function ledger.mismatches from public;
grant execute on function ledger.mismatches to soccs_app;
