-- The ledger (R33): double entry, append-only, balanced per unit, never overdrawn.
--
-- ledger.post is the only writer. The service's role may call it and read; it may not write these
-- tables, and triggers refuse UPDATE, DELETE and TRUNCATE on journals and entries to everyone.
--
-- Chart of accounts, in each community:
--
--   kind        id                unit      floor  rows      what it holds
--   member      the member's      iSoCC     0      1         what a member can spend
--   vendor      the vendor's      iSoCC     0      1         what a vendor took and can spend or cash out
--   group       the group's       iSoCC     0      1         what members gave to a group
--   cache       …0003             commSoCC  0      32        what the community can spend together
--   issuance    …0001             iSoCC     none   32        minus all iSoCCs ever earned
--   issuance    …0002             commSoCC  none   32        minus all commSoCCs ever accrued
--   settlement  …0004             iSoCC     none   32        iSoCCs that left: paid by the partner
--   settlement  …0005             commSoCC  none   32        commSoCCs that left: communal rewards
--   opening     …0006             iSoCC     none   32        balances brought over from SoCC Books
--   opening     …0007             commSoCC  none   32        caches brought over from SoCC Books
--
-- The accounts that nearly every posting touches have 32 rows ("stripes"), and a posting takes the
-- one that belongs to its connection. One locked row would be held until the commit reaches the
-- disk, so on a disk that takes 4 ms it would cap a community at some 190 postings a second.

create schema ledger;
grant usage on schema ledger to soccs_app;

create type ledger.unit as enum ('iSoCC', 'commSoCC');

-- In the order in which rows are locked: people first, busy system rows last.
create type ledger.account_kind as enum (
  'member', 'vendor', 'group', 'cache', 'issuance', 'settlement', 'opening'
);

create table ledger.account (
  community_id uuid not null references community (id),
  id uuid not null,
  -- 0 for an account of one row; 1 to 32 for the rows of a striped one.
  stripe smallint not null check (stripe between 0 and 32),
  kind ledger.account_kind not null,
  unit ledger.unit not null,
  -- Null may go below zero: what a system account holds is the mirror of everybody else's.
  floor bigint,
  posted bigint not null default 0,
  held bigint not null default 0 check (held >= 0),
  -- iSoCCs earned since the last commSoCC accrued for this member (R12).
  carry integer not null default 0 check (carry >= 0),
  -- Entries so far; the next one's seq is one more.
  version bigint not null default 0,
  primary key (community_id, id, stripe),
  check (floor is null or posted - held >= floor)
-- Room on each page for the new version of a busy row, so that no index entry is written for it.
) with (fillfactor = 40, autovacuum_vacuum_scale_factor = 0.02);

create table ledger.journal (
  community_id uuid not null,
  id uuid not null,
  -- The idempotency key: one act, one name, one journal.
  once text not null check (length(once) between 1 and 120),
  kind text not null check (kind ~ '^[a-z]+(-[a-z]+)*$' and length(kind) <= 30),
  happened_at timestamptz not null,
  -- When its transaction began: what seals go by.
  recorded_at timestamptz not null default now(),
  -- What was asked for, account by account, before any accrual. It tells a repeated call from
  -- another act under the same name, and shows an entry that was altered or removed.
  accounts uuid[] not null,
  amounts bigint[] not null,
  -- commSoCCs that came with it, and the ratio in force.
  accrued bigint not null default 0,
  accrual_ratio integer check (accrual_ratio > 0),
  details jsonb,
  primary key (community_id, id),
  unique (community_id, once)
);

create table ledger.entry (
  community_id uuid not null,
  account_id uuid not null,
  stripe smallint not null,
  -- Without gaps for each account and stripe, so that a missing line shows.
  seq bigint not null,
  journal_id uuid not null,
  unit ledger.unit not null,
  amount bigint not null check (amount <> 0),
  balance_after bigint not null,
  carry_after integer not null,
  -- Also the statement's index: the last lines of an account are its end.
  primary key (community_id, account_id, stripe, seq)
);

create function ledger.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = '42501';
end
$$;

create function ledger.check_balanced() returns trigger language plpgsql as $$
begin
  if exists (
    select from new_entry group by community_id, journal_id, unit having sum(amount) <> 0
  ) then
    raise exception 'a journal does not balance' using errcode = '23514';
  end if;
  return null;
end
$$;

create trigger append_only before update or delete on ledger.journal
  for each row execute function ledger.refuse_change();
create trigger append_only before update or delete on ledger.entry
  for each row execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.journal
  for each statement execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.entry
  for each statement execute function ledger.refuse_change();
-- One statement writes all entries of a journal, so the statement is where it must balance.
create trigger balanced after insert on ledger.entry
  referencing new table as new_entry
  for each statement execute function ledger.check_balanced();

-- Opens a community's system accounts. Calling it again changes nothing.
create function ledger.open_community(p_community_id uuid) returns void
language sql security definer set search_path = pg_catalog, pg_temp as $$
  insert into ledger.account (community_id, id, stripe, kind, unit, floor)
  select p_community_id, chart.id, stripe, chart.kind, chart.unit, chart.floor
  from (
    values
      ('00000000-0000-0000-0000-000000000001'::uuid, 'issuance'::ledger.account_kind, 'iSoCC'::ledger.unit, null::bigint),
      ('00000000-0000-0000-0000-000000000002', 'issuance', 'commSoCC', null),
      ('00000000-0000-0000-0000-000000000003', 'cache', 'commSoCC', 0),
      ('00000000-0000-0000-0000-000000000004', 'settlement', 'iSoCC', null),
      ('00000000-0000-0000-0000-000000000005', 'settlement', 'commSoCC', null),
      ('00000000-0000-0000-0000-000000000006', 'opening', 'iSoCC', null),
      ('00000000-0000-0000-0000-000000000007', 'opening', 'commSoCC', null)
  ) as chart (id, kind, unit, floor)
  cross join generate_series(1, 32) as stripe
  on conflict do nothing;
$$;

-- Opens the account of a member, a vendor or a group. Calling it again changes nothing.
create function ledger.open_account(p_community_id uuid, p_id uuid, p_kind ledger.account_kind)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  if p_kind not in ('member', 'vendor', 'group') then
    raise exception 'a % account is opened with its community', p_kind using errcode = '22023';
  end if;
  insert into ledger.account (community_id, id, stripe, kind, unit, floor)
  values (p_community_id, p_id, 0, p_kind, 'iSoCC', 0)
  on conflict do nothing;
end
$$;

-- Posts journals one by one. Called by ledger.post, which makes several of them all or nothing.
create function ledger.post_each(p_community_id uuid, p_journals jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  c_comm_issuance constant uuid := '00000000-0000-0000-0000-000000000002';
  c_cache constant uuid := '00000000-0000-0000-0000-000000000003';
  c_last_system constant uuid := '00000000-0000-0000-0000-0000000000ff';
  -- The row of each striped account that this connection takes.
  c_stripe constant smallint := 1 + pg_backend_pid() % 32;

  v_touched uuid[];
  v_spends_cache boolean;
  v_journal record;
  v_known record;
  v_refusal jsonb;
  v_accrued bigint;
  v_carry integer;
  v_rows uuid[];
  v_stripes smallint[];
  v_amounts bigint[];
  v_balances jsonb;
  v_posted jsonb := '[]';
begin
  -- 1. Lock every row this call will touch, in the one order that everybody keeps.
  select
    array_agg(distinct leg.account_id)
      || case when bool_or(j.earner is not null) then array[c_comm_issuance, c_cache] else '{}' end,
    bool_or(leg.account_id = c_cache and leg.amount < 0)
  into v_touched, v_spends_cache
  from jsonb_to_recordset(p_journals) as j (accounts uuid[], amounts bigint[], earner uuid),
    unnest(j.accounts, j.amounts) as leg (account_id, amount);

  perform from ledger.account as a
  where a.community_id = p_community_id
    and a.id = any (v_touched)
    -- Only spending the cache looks at more than one of its rows.
    and a.stripe = any (
      case when v_spends_cache then array(select generate_series(0, 32)::smallint)
      else array[0::smallint, c_stripe] end
    )
  order by a.kind, a.id, a.stripe
  for no key update;

  for v_journal in
    select *, ordinality - 1 as at
    from rows from (
      jsonb_to_recordset(p_journals) as (
        id uuid, once text, kind text, happened_at timestamptz, accounts uuid[],
        units ledger.unit[], amounts bigint[], earner uuid, ratio integer, details jsonb
      )
    ) with ordinality
  loop
    -- 2. The same name again: the first journal answers, if it is the same act.
    select j.id, j.kind, j.accounts, j.amounts, j.accrued into v_known
    from ledger.journal as j
    where j.community_id = p_community_id and j.once = v_journal.once;
    if found then
      if (v_known.kind, v_known.accounts, v_known.amounts)
        is distinct from (v_journal.kind, v_journal.accounts, v_journal.amounts)
      then
        return jsonb_build_object('refused', 'once-differs', 'at', v_journal.at);
      end if;
      v_posted := v_posted || jsonb_build_object(
        'id', v_known.id, 'repeated', true, 'accrued', v_known.accrued, 'balances', '{}'::jsonb
      );
      continue;
    end if;

    -- 3. What may not be posted. The rows are locked, so what is found here stays so.
    select
      case
        when a.kind is null then
          jsonb_build_object('refused', 'unknown-account', 'at', v_journal.at, 'account', leg.account_id)
        when a.unit <> leg.unit then
          jsonb_build_object('refused', 'wrong-unit', 'at', v_journal.at, 'account', leg.account_id)
        else
          jsonb_build_object(
            'refused', 'insufficient-balance', 'at', v_journal.at, 'account', leg.account_id,
            'missing', a.floor - a.available - leg.amount
          )
      end
    into v_refusal
    from unnest(v_journal.accounts, v_journal.units, v_journal.amounts)
      as leg (account_id, unit, amount)
    left join lateral (
      select min(r.kind) as kind, min(r.unit) as unit, min(r.floor) as floor,
        sum(r.posted - r.held) as available
      from ledger.account as r
      where r.community_id = p_community_id and r.id = leg.account_id
        and (leg.account_id = c_cache and leg.amount < 0 or r.stripe in (0, c_stripe))
    ) as a on true
    where a.kind is null or a.unit <> leg.unit
      or (leg.amount < 0 and a.available + leg.amount < a.floor)
    limit 1;
    if found then
      return v_refusal;
    end if;

    -- 4. What comes with it: one commSoCC for every so many iSoCCs earned, the rest carried (R12).
    v_accrued := 0;
    v_carry := null;
    if v_journal.earner is not null then
      select (a.carry + leg.amount) / v_journal.ratio, (a.carry + leg.amount) % v_journal.ratio
      into strict v_accrued, v_carry
      from ledger.account as a, unnest(v_journal.accounts, v_journal.amounts) as leg (id, amount)
      where a.community_id = p_community_id and a.id = v_journal.earner and a.stripe = 0
        and leg.id = a.id;
    end if;

    -- 5. Which rows take it: one each, but a cache is spent from as many of its rows as it needs.
    select array_agg(part.account_id), array_agg(part.stripe), array_agg(part.amount)
    into v_rows, v_stripes, v_amounts
    from (
      select leg.account_id, leg.amount,
        case when leg.account_id <= c_last_system then c_stripe else 0::smallint end as stripe
      from unnest(v_journal.accounts, v_journal.amounts) as leg (account_id, amount)
      where leg.account_id <> c_cache or leg.amount > 0
      union all
      select accrual.account_id, accrual.amount, c_stripe
      from (values (c_comm_issuance, -v_accrued), (c_cache, v_accrued)) as accrual (account_id, amount)
      where v_accrued <> 0
      union all
      select c_cache, -take.amount, take.stripe
      from unnest(v_journal.accounts, v_journal.amounts) as leg (account_id, amount)
      cross join lateral (
        select r.stripe,
          least(r.posted, -leg.amount - sum(r.posted) over (order by r.stripe) + r.posted) as amount
        from ledger.account as r
        where r.community_id = p_community_id and r.id = c_cache
      ) as take
      where v_spends_cache and leg.account_id = c_cache and leg.amount < 0 and take.amount > 0
    ) as part;

    -- 6. Write it down.
    insert into ledger.journal (
      community_id, id, once, kind, happened_at, accounts, amounts, accrued, accrual_ratio, details
    )
    values (
      p_community_id, v_journal.id, v_journal.once, v_journal.kind, v_journal.happened_at,
      v_journal.accounts, v_journal.amounts, v_accrued, v_journal.ratio, v_journal.details
    );

    with moved as (
      update ledger.account as a
      set posted = a.posted + part.amount,
        version = a.version + 1,
        carry = case when a.id = v_journal.earner then v_carry else a.carry end
      from unnest(v_rows, v_stripes, v_amounts) as part (account_id, stripe, amount)
      where a.community_id = p_community_id
        and a.id = part.account_id and a.stripe = part.stripe
      returning a.id, a.stripe, a.version, a.unit, part.amount, a.posted, a.held, a.carry
    ), written as (
      insert into ledger.entry (
        community_id, account_id, stripe, seq, journal_id, unit, amount, balance_after, carry_after
      )
      select p_community_id, m.id, m.stripe, m.version, v_journal.id, m.unit, m.amount, m.posted, m.carry
      from moved as m
    )
    -- What is told to people: the balances of accounts that have one row.
    select coalesce(jsonb_object_agg(m.id, m.posted - m.held) filter (where m.stripe = 0), '{}')
    into v_balances
    from moved as m;

    v_posted := v_posted || jsonb_build_object(
      'id', v_journal.id, 'repeated', false, 'accrued', v_accrued, 'balances', v_balances
    );
  end loop;

  return jsonb_build_object('posted', v_posted);
end
$$;

-- Posts one journal or several, all or nothing, in one call.
--
-- p_journals: [{id, once, kind, happened_at, accounts, units, amounts, earner?, ratio?, details?}]
-- Answers {"posted": [{id, repeated, accrued, balances}]} in the order asked, or, with nothing
-- written, {"refused": name, "at": index, …}: unknown-account, wrong-unit, insufficient-balance
-- (with "missing"), once-differs.
-- Raises 23514 when a journal does not balance: a bug, not a refusal.
create function ledger.post(p_community_id uuid, p_journals jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_answer jsonb;
begin
  if jsonb_array_length(p_journals) = 1 then
    return ledger.post_each(p_community_id, p_journals);
  end if;
  begin
    v_answer := ledger.post_each(p_community_id, p_journals);
    if v_answer ? 'refused' then
      -- Takes back what the journals before the refused one wrote.
      raise exception using errcode = 'LR001', message = 'refused';
    end if;
  exception
    when sqlstate 'LR001' then null;
  end;
  return v_answer;
end
$$;

revoke execute on all functions in schema ledger from public;
grant select on all tables in schema ledger to soccs_app;
grant execute on function
  ledger.open_community, ledger.open_account, ledger.post
  to soccs_app;

-- Everything the books say of themselves, recomputed from the entries. No row means they agree.
create function ledger.mismatches(p_community_id uuid)
returns table (
  "check" text, account_id uuid, stripe smallint, journal_id uuid, wanted text, found text
)
language sql stable set search_path = pg_catalog, pg_temp as $$
  -- Each line follows from the one before it: seq without gaps, running balance, carry kept unless
  -- something accrued.
  select 'line' as "check", e.account_id, e.stripe, e.journal_id,
    format('seq %s balance %s', e.seq_before + 1, e.balance_before + e.amount),
    format('seq %s balance %s', e.seq, e.balance_after)
  from (
    select *,
      lag(seq, 1, 0::bigint) over line as seq_before,
      lag(balance_after, 1, 0::bigint) over line as balance_before
    from ledger.entry
    where community_id = p_community_id
    window line as (partition by account_id, stripe order by seq)
  ) as e
  where e.seq <> e.seq_before + 1 or e.balance_after <> e.balance_before + e.amount

  union all

  -- Each account says what its last line says, and as many lines as there are.
  select 'account', coalesce(a.id, e.account_id), coalesce(a.stripe, e.stripe), null,
    format('posted %s carry %s version %s', e.posted, e.carry, e.version),
    format('posted %s carry %s version %s', a.posted, a.carry, a.version)
  from (select * from ledger.account where community_id = p_community_id) as a
  full join (
    select account_id, stripe, sum(amount) as posted, count(*) as version,
      (array_agg(carry_after order by seq desc))[1] as carry
    from ledger.entry
    where community_id = p_community_id
    group by account_id, stripe
  ) as e on e.account_id = a.id and e.stripe = a.stripe
  where a.id is null
    or (a.posted, a.carry, a.version)
      is distinct from (coalesce(e.posted, 0), coalesce(e.carry, 0), coalesce(e.version, 0))

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
$$;

grant execute on function ledger.mismatches to soccs_app;
