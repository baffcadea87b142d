-- Posting: one round trip, one function, and no row that every posting must lock.

-- What was posted under a name before: as an answer, or as a refusal when it is another act. Null
-- when the name is new.
create function ledger.posted_before(
  p_community_id uuid, p_once text, p_kind text, p_accounts uuid[], p_amounts bigint[],
  p_reverses uuid, p_at bigint
) returns jsonb
language sql set search_path = pg_catalog, pg_temp as $$
  select case
    when (j.kind, j.accounts, j.amounts, j.reverses)
      is distinct from (p_kind, p_accounts, p_amounts, p_reverses)
    then jsonb_build_object('refused', 'once-differs', 'at', p_at)
    else jsonb_build_object(
      'id', j.id, 'repeated', true, 'accrued', j.accrued, 'balances', '{}'::jsonb
    )
  end
  from ledger.journal as j
  where j.community_id = p_community_id and j.once = p_once
$$;

-- Locks every row that journals will touch, in the one order that everybody keeps: by kind, id and
-- stripe. Whoever takes more than one journal, or ends a hold, calls it first.
create function ledger.lock_rows(p_community_id uuid, p_journals jsonb, p_stripe smallint)
returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  c_comm_issuance constant uuid := '00000000-0000-0000-0000-000000000002';
  c_cache constant uuid := '00000000-0000-0000-0000-000000000003';
  v_touched uuid[];
  v_spends_cache boolean;
begin
  select
    array_agg(distinct leg.account_id)
      || case when bool_or(j.earner is not null) then array[c_comm_issuance, c_cache] else '{}' end,
    bool_or(leg.account_id = c_cache and leg.amount < 0 or j.reverses is not null)
  into v_touched, v_spends_cache
  from jsonb_to_recordset(p_journals)
      as j (accounts uuid[], amounts bigint[], earner uuid, reverses uuid),
    unnest(j.accounts, j.amounts) as leg (account_id, amount);

  perform from ledger.account as a
  where a.community_id = p_community_id
    and a.id = any (v_touched)
    and (a.stripe in (0, p_stripe) or (v_spends_cache and a.id = c_cache))
  order by a.kind, a.id, a.stripe
  for no key update;
end
$$;

-- Posts journals one by one. Its callers make several of them all or nothing.
create function ledger.post_each(p_community_id uuid, p_journals jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
  c_comm_issuance constant uuid := '00000000-0000-0000-0000-000000000002';
  c_cache constant uuid := '00000000-0000-0000-0000-000000000003';
  c_last_system constant uuid := '00000000-0000-0000-0000-0000000000ff';
  -- The row of each striped account that this connection takes.
  c_stripe constant smallint := 1 + pg_backend_pid() % 32;
  c_one_row_each constant smallint[] := array[0, c_stripe];
  c_every_row constant smallint[] := array(select generate_series(0, 32));

  v_journal record;
  v_spends_cache boolean;
  v_rows ledger.account[];
  v_refusal jsonb;
  v_known jsonb;
  v_accrued bigint;
  v_carry bigint;
  v_accounts uuid[];
  v_stripes smallint[];
  v_amounts bigint[];
  v_balances jsonb;
  v_posted jsonb := '[]';
begin
  if jsonb_array_length(p_journals) > 1 then
    perform ledger.lock_rows(p_community_id, p_journals, c_stripe);
  end if;

  for v_journal in
    select *, ordinality - 1 as at
    from rows from (
      jsonb_to_recordset(p_journals) as (
        id uuid, once text, kind text, happened_at timestamptz, accounts uuid[],
        units ledger.unit[], amounts bigint[], earner uuid, ratio integer,
        reverses uuid, undo_accrued bigint, undo_ratio integer, details jsonb
      )
    ) with ordinality
  loop
    -- 1. Lock and read the rows it touches. Only spending the cache looks at more than one of its
    -- rows; a reversal may have to.
    v_spends_cache := v_journal.reverses is not null or exists (
      select from unnest(v_journal.accounts, v_journal.amounts) as leg (account_id, amount)
      where leg.account_id = c_cache and leg.amount < 0
    );
    select array_agg(a) into v_rows
    from (
      select * from ledger.account
      where community_id = p_community_id
        and id = any (
          case when v_journal.earner is null then v_journal.accounts
          else v_journal.accounts || c_comm_issuance || c_cache end
        )
        and stripe = any (case when v_spends_cache then c_every_row else c_one_row_each end)
        and (id = c_cache or stripe in (0, c_stripe))
      order by kind, id, stripe
      for no key update
    ) as a;

    -- 2. What comes with it: one commSoCC for every so many iSoCCs earned, the rest carried (R12).
    -- Undoing an earning first gives back what it accrued and what was carried from it, then takes
    -- from the cache what the member's carry cannot bear.
    v_accrued := 0;
    v_carry := null;
    if v_journal.earner is not null then
      select r.carry + leg.amount + coalesce(v_journal.undo_accrued * v_journal.undo_ratio, 0)
      into v_carry
      from unnest(v_rows) as r, unnest(v_journal.accounts, v_journal.amounts) as leg (id, amount)
      where r.id = v_journal.earner and leg.id = v_journal.earner;
      v_accrued := floor(v_carry::numeric / v_journal.ratio);
      if v_journal.reverses is not null then
        v_accrued := least(v_accrued, v_journal.undo_accrued);
      end if;
      v_carry := v_carry - v_accrued * v_journal.ratio;
      v_accrued := v_accrued - coalesce(v_journal.undo_accrued, 0);
    end if;

    -- 3. What may not be posted. The rows are locked, so what is found here stays so.
    select
      case
        when r.kind is null then
          jsonb_build_object('refused', 'unknown-account', 'at', v_journal.at, 'account', leg.account_id)
        when r.unit <> leg.unit then
          jsonb_build_object('refused', 'wrong-unit', 'at', v_journal.at, 'account', leg.account_id)
        else
          jsonb_build_object(
            'refused', 'insufficient-balance', 'at', v_journal.at, 'account', leg.account_id,
            'missing', r.floor - r.available - leg.amount
          )
      end
    into v_refusal
    from (
      select * from unnest(v_journal.accounts, v_journal.units, v_journal.amounts)
      union all
      select c_cache, 'commSoCC'::ledger.unit, v_accrued where v_accrued < 0
    ) as leg (account_id, unit, amount)
    left join lateral (
      select min(kind) as kind, min(unit) as unit, min(floor) as floor,
        sum(posted - held) as available
      from unnest(v_rows)
      where id = leg.account_id
    ) as r on true
    where r.kind is null or r.unit <> leg.unit
      or (leg.amount < 0 and r.available + leg.amount < r.floor)
    limit 1;

    -- 4. The same name again: the first journal answers, if it is the same act.
    if v_refusal is null then
      insert into ledger.journal (
        community_id, id, once, kind, happened_at, accounts, amounts,
        earner, accrued, accrual_ratio, reverses, details
      )
      values (
        p_community_id, v_journal.id, v_journal.once, v_journal.kind, v_journal.happened_at,
        v_journal.accounts, v_journal.amounts,
        v_journal.earner, v_accrued, v_journal.ratio, v_journal.reverses, v_journal.details
      )
      on conflict (community_id, once) do nothing;
    end if;
    if v_refusal is not null or not found then
      v_known := ledger.posted_before(
        p_community_id, v_journal.once, v_journal.kind, v_journal.accounts, v_journal.amounts,
        v_journal.reverses, v_journal.at
      );
      if v_known is null or v_known ? 'refused' then
        return coalesce(v_known, v_refusal);
      end if;
      v_posted := v_posted || v_known;
      continue;
    end if;

    -- 5. Which rows take it: one each, but a cache is spent from as many of its rows as it needs.
    select array_agg(part.account_id), array_agg(part.stripe), array_agg(part.amount)
    into v_accounts, v_stripes, v_amounts
    from (
      select leg.account_id, leg.amount,
        case when leg.account_id <= c_last_system then c_stripe else 0::smallint end as stripe
      from (
        select * from unnest(v_journal.accounts, v_journal.amounts)
        union all
        select * from (values (c_comm_issuance, -v_accrued), (c_cache, v_accrued)) as accrual
        where v_accrued <> 0
      ) as leg (account_id, amount)
      where leg.account_id <> c_cache or leg.amount > 0
      union all
      select c_cache, -take.amount, take.stripe
      from (
        select -sum(leg.amount) as wanted
        from (
          select * from unnest(v_journal.accounts, v_journal.amounts)
          union all
          select c_cache, v_accrued
        ) as leg (account_id, amount)
        where leg.account_id = c_cache and leg.amount < 0
        having sum(leg.amount) < 0
      ) as spent
      cross join lateral (
        select r.stripe,
          least(r.posted, spent.wanted - sum(r.posted) over (order by r.stripe) + r.posted) as amount
        from unnest(v_rows) as r
        where r.id = c_cache
      ) as take
      where take.amount > 0
    ) as part;

    -- 6. Move the balances and write the lines.
    with moved as (
      update ledger.account as a
      set posted = a.posted + part.amount,
        version = a.version + 1,
        carry = case when a.id = v_journal.earner then v_carry else a.carry end
      from unnest(v_accounts, v_stripes, v_amounts) as part (account_id, stripe, amount)
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
  if jsonb_path_exists(p_journals, '$[*].reverses') then
    raise exception 'a reversal is asked for with ledger.reverse' using errcode = '22023';
  end if;
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

-- Corrects a journal by posting its opposite; the accrual that came with it is undone too, at the
-- ratio now in force for what the member's carry cannot bear.
--
-- p_reversal: {id, once, reverses, happened_at, ratio, details?}
-- Answers as ledger.post, or refuses: unknown-journal, already-reversed (with "by"),
-- is-a-reversal, and insufficient-balance when what was given has been spent.
create function ledger.reverse(p_community_id uuid, p_reversal jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_old ledger.journal;
  v_by record;
  v_journal jsonb;
begin
  select * into v_old
  from ledger.journal as j
  where j.community_id = p_community_id and j.id = (p_reversal ->> 'reverses')::uuid;
  if not found then
    return jsonb_build_object('refused', 'unknown-journal', 'at', 0);
  end if;
  if v_old.reverses is not null then
    return jsonb_build_object('refused', 'is-a-reversal', 'at', 0);
  end if;
  v_journal := p_reversal || jsonb_build_object(
    'kind', 'reversal',
    'accounts', v_old.accounts,
    'units', (
      select jsonb_agg(
        (
          select a.unit from ledger.account as a
          where a.community_id = p_community_id and a.id = leg.account_id
          limit 1
        )
        order by leg.at
      )
      from unnest(v_old.accounts) with ordinality as leg (account_id, at)
    ),
    'amounts', (
      select jsonb_agg(-leg.amount order by leg.at)
      from unnest(v_old.amounts) with ordinality as leg (amount, at)
    ),
    'earner', v_old.earner,
    'ratio', case when v_old.earner is not null then (p_reversal ->> 'ratio')::integer end,
    'undo_accrued', v_old.accrued,
    'undo_ratio', v_old.accrual_ratio
  );
  -- Two reversals of one journal wait for each other here, as its accounts are locked.
  perform ledger.lock_rows(
    p_community_id, jsonb_build_array(v_journal), (1 + pg_backend_pid() % 32)::smallint
  );
  select j.id, j.once into v_by
  from ledger.journal as j
  where j.community_id = p_community_id and j.reverses = v_old.id;
  if found and v_by.once <> p_reversal ->> 'once' then
    return jsonb_build_object('refused', 'already-reversed', 'at', 0, 'by', v_by.id);
  end if;
  return ledger.post_each(p_community_id, jsonb_build_array(v_journal));
end
$$;

revoke execute on function
  ledger.posted_before, ledger.lock_rows, ledger.post_each, ledger.post, ledger.reverse
  from public;
grant execute on function ledger.post, ledger.reverse to soccs_app;
