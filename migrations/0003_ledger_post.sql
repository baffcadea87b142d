-- Posting: one round trip, one function, and no row that every posting must lock.

-- What one journal asks for, as ledger.post_each reads it.
create type ledger.asked as (
  id uuid,
  once text,
  kind text,
  happened_at timestamptz,
  accounts uuid[],
  units ledger.unit[],
  amounts bigint[],
  earner uuid,
  ratio integer,
  reverses uuid,
  undo_accrued bigint,
  undo_ratio integer,
  details jsonb
);

-- Posts journals, all or nothing. It locks and reads every row they need, works them out in memory
-- one after the other, and only then writes, each table in one statement. So a refusal finds
-- nothing to take back, and a hundred journals cost as many statements as one.
--
-- Called by functions that are the ledger's owner and have set the search path.
create function ledger.post_each(p_community_id uuid, p_journals jsonb) returns jsonb
language plpgsql
-- Left to itself Postgres plans some of these statements anew at every call, because an array whose
-- length it can see looks cheaper to it than one it cannot see. That took a quarter of the time.
set plan_cache_mode = force_generic_plan
-- A plan is kept as long as its connection, so one made while the books are new and small must
-- still be right when they are not. This is half of it; the statements below find rows by their keys.
set enable_seqscan = off
as $$
declare
  c_comm_issuance constant uuid := '00000000-0000-0000-0000-000000000002';
  c_cache constant uuid := '00000000-0000-0000-0000-000000000003';
  -- The row of each striped account that this connection takes.
  c_stripe constant smallint := 1 + pg_backend_pid() % 32;
  c_count constant integer := jsonb_array_length(p_journals);

  v_all ledger.asked[];
  v_onces text[];
  v_touched uuid[] := '{}';
  v_stripes smallint[] := array[0, c_stripe];
  -- How far this connection's row of the cache lies behind the first that is locked.
  v_own integer := 0;

  -- The locked rows, as they come to be, and the account of each.
  v_rows ledger.account[];
  v_ids uuid[];
  v_known ledger.journal[];

  -- One journal, one of its legs, one row that takes it.
  v_asked ledger.asked;
  v_first ledger.journal;
  v_carry bigint;
  v_accrued bigint;
  v_left bigint;
  v_available bigint;
  v_refused text;
  v_at integer;
  v_row ledger.account;
  v_move bigint;
  v_balances jsonb;

  v_journal ledger.journal;
  v_journals ledger.journal[] := '{}';
  v_entries ledger.entry[] := '{}';
  v_posted jsonb[];
begin
  -- 1. Lock and read every row the call will touch, in the one order that everybody keeps.
  for i in 1 .. c_count loop
    v_asked := jsonb_populate_record(null::ledger.asked, p_journals -> i - 1);
    v_all[i] := v_asked;
    v_onces[i] := v_asked.once;
    v_touched := v_touched || v_asked.accounts;
    if v_asked.earner is not null then
      v_touched := v_touched || array[c_comm_issuance, c_cache];
    end if;
    -- Only spending the cache looks at more than one of its rows; a reversal may have to.
    if v_asked.reverses is not null
      or v_asked.amounts[array_position(v_asked.accounts, c_cache)] < 0
    then
      v_stripes := array(select generate_series(0, 32));
      v_own := c_stripe - 1;
    end if;
  end loop;

  select array_agg(locked.a), array_agg((locked.a).id)
  into v_rows, v_ids
  from (
    select a
    from ledger.account as a
    where a.community_id = p_community_id and a.id = any (v_touched) and a.stripe = any (v_stripes)
      and (a.id = c_cache or a.stripe in (0, c_stripe))
    order by a.kind, a.id, a.stripe
    for no key update
  ) as locked;

  -- A statement of its own, for it must see what was committed while the locks were waited for.
  -- Name by name, so that the unique index is what finds it: for a list of names Postgres may choose
  -- to read through all journals of the community.
  select array_agg(known.j) into v_known
  from unnest(v_onces) as asked (once)
  cross join lateral (
    select j
    from ledger.journal as j
    where j.community_id = p_community_id and j.once = asked.once
    limit 1
  ) as known;

  for i in 1 .. c_count loop
    v_asked := v_all[i];

    -- 2. The same name again: the first journal answers, if it is the same act.
    if v_known is not null or array_position(v_onces, v_asked.once) < i then
      v_first := null;
      foreach v_journal in array v_known || v_journals loop
        if v_journal.once = v_asked.once then
          v_first := v_journal;
        end if;
      end loop;
      if v_first.id is not null then
        if (v_first.kind, v_first.accounts, v_first.amounts, v_first.reverses)
          is distinct from (v_asked.kind, v_asked.accounts, v_asked.amounts, v_asked.reverses)
        then
          return jsonb_build_object('refused', 'once-differs', 'at', i - 1);
        end if;
        v_posted[i] := jsonb_build_object(
          'id', v_first.id, 'repeated', true, 'accrued', v_first.accrued, 'balances', '{}'::jsonb
        );
        continue;
      end if;
    end if;

    v_journal := row(
      p_community_id, v_asked.id, v_asked.once, v_asked.kind, v_asked.happened_at, now(),
      v_asked.accounts, v_asked.amounts, v_asked.earner, 0, v_asked.ratio, v_asked.reverses,
      v_asked.details
    );

    -- 3. What comes with it: one commSoCC for every so many iSoCCs earned, the rest carried (R12).
    -- Undoing an earning first gives back what it accrued and what was carried from it, then takes
    -- from the cache what the member's carry cannot bear.
    if v_asked.earner is not null then
      if v_asked.reverses is null
        and coalesce(v_asked.amounts[array_position(v_asked.accounts, v_asked.earner)], 0) <= 0
      then
        raise exception 'who earns gains iSoCCs' using errcode = '22023';
      end if;
      v_row := v_rows[array_position(v_ids, v_asked.earner)];
      v_carry := v_row.carry + v_asked.amounts[array_position(v_asked.accounts, v_asked.earner)]
        + coalesce(v_asked.undo_accrued * v_asked.undo_ratio, 0);
      v_accrued := floor(v_carry::numeric / v_asked.ratio);
      if v_asked.reverses is not null then
        v_accrued := least(v_accrued, v_asked.undo_accrued);
      end if;
      v_carry := v_carry - v_accrued * v_asked.ratio;
      v_accrued := v_accrued - coalesce(v_asked.undo_accrued, 0);
      v_journal.accrued := v_accrued;
      if v_accrued <> 0 then
        v_asked.accounts := v_asked.accounts || array[c_comm_issuance, c_cache];
        v_asked.units := v_asked.units || '{commSoCC,commSoCC}'::ledger.unit[];
        v_asked.amounts := v_asked.amounts || array[-v_accrued, v_accrued];
      end if;
    end if;

    v_balances := '{}';
    for leg in 1 .. cardinality(v_asked.accounts) loop
      if array_position(v_asked.accounts, v_asked.accounts[leg]) <> leg then
        raise exception 'an account stands twice in a journal' using errcode = '22023';
      end if;
      v_left := v_asked.amounts[leg];
      v_at := array_position(v_ids, v_asked.accounts[leg]);
      v_row := v_rows[v_at];
      v_available := v_row.posted - v_row.held;
      if v_left < 0 and v_row.id = c_cache then
        v_available := (select sum(r.posted - r.held) from unnest(v_rows) as r where r.id = c_cache);
      elsif v_row.id = c_cache then
        v_at := v_at + v_own;
        v_row := v_rows[v_at];
      end if;

      -- 4. What may not be posted. The rows are locked, so what is found here stays so.
      v_refused := case
        when v_at is null then 'unknown-account'
        when v_row.unit <> v_asked.units[leg] then 'wrong-unit'
        when v_left < 0 and v_available + v_left < v_row.floor then 'insufficient-balance'
      end;
      if v_refused is not null then
        return jsonb_strip_nulls(jsonb_build_object(
          'refused', v_refused, 'at', i - 1, 'account', v_asked.accounts[leg],
          'missing', case v_refused
            when 'insufficient-balance' then v_row.floor - v_available - v_left
          end
        ));
      end if;

      -- 5. Which rows take it: one, but a cache is spent from as many of its rows as it needs.
      loop
        v_move := v_left;
        if v_left < 0 and v_row.id = c_cache then
          v_move := greatest(v_left, -v_row.posted);
        end if;
        if v_move <> 0 then
          v_row.posted := v_row.posted + v_move;
          v_row.version := v_row.version + 1;
          if v_row.id = v_asked.earner then
            v_row.carry := v_carry;
          end if;
          v_rows[v_at] := v_row;
          v_entries := v_entries || row(
            p_community_id, v_row.id, v_row.stripe, v_row.version, v_asked.id, v_row.unit,
            v_move, v_row.posted, v_row.carry
          )::ledger.entry;
        end if;
        v_left := v_left - v_move;
        exit when v_left = 0;
        v_at := v_at + 1;
        v_row := v_rows[v_at];
      end loop;
      -- What is told to people: the balances of accounts that have one row.
      if v_row.stripe = 0 then
        v_balances := v_balances || jsonb_build_object(v_row.id, v_row.posted - v_row.held);
      end if;
    end loop;

    v_journals := v_journals || v_journal;
    v_posted[i] := jsonb_build_object(
      'id', v_asked.id, 'repeated', false, 'accrued', v_journal.accrued, 'balances', v_balances
    );
  end loop;

  -- 6. Write it down. A name that another connection wrote since step 1 raises 23505, and the act
  -- is begun again.
  insert into ledger.journal select * from unnest(v_journals);

  -- Every row is there already. Put this way each is found by its key, whatever Postgres believes of
  -- the table's size; a join planned while the books were small would go on reading all of them.
  insert into ledger.account as a select * from unnest(v_rows)
  on conflict (community_id, id, stripe) do update
  set posted = excluded.posted, version = excluded.version, carry = excluded.carry
  where a.version <> excluded.version;

  insert into ledger.entry select * from unnest(v_entries);

  return jsonb_build_object('posted', v_posted);
end
$$;

-- What undoes an accrual is worked out by ledger.reverse alone: whoever could say it here could make
-- commSoCCs. Raises 22023.
create function ledger.refuse_reversals(p_journals jsonb) returns void
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
  if jsonb_path_exists(
    p_journals, '$[*] ? (exists(@.reverses) || exists(@.undo_accrued) || exists(@.undo_ratio))'
  ) then
    raise exception 'a reversal is asked for with ledger.reverse' using errcode = '22023';
  end if;
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
begin
  perform ledger.refuse_reversals(p_journals);
  return ledger.post_each(p_community_id, p_journals);
end
$$;

-- Locks every row that journals will touch, in the one order that everybody keeps: by kind, id and
-- stripe. For those who must read or change something else under these locks before they post.
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
  ledger.post_each, ledger.refuse_reversals, ledger.post, ledger.lock_rows, ledger.reverse
  from public;
grant execute on function ledger.post, ledger.reverse to soccs_app;
