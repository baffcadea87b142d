-- Holds: reserve, then capture (whole or part), release or expire. A hold and its end are lines of
-- history; what is held now stands on the account, where the floor counts it as gone.

create type ledger.hold_outcome as enum ('captured', 'released', 'expired');

create table ledger.hold (
  community_id uuid not null,
  id uuid not null,
  once text not null check (length(once) between 1 and 120),
  account_id uuid not null,
  amount bigint not null check (amount > 0),
  expires_at timestamptz not null,
  recorded_at timestamptz not null default now(),
  primary key (community_id, id),
  unique (community_id, once)
);

-- What the timed job looks for: in the order in which holds fall due.
create index hold_by_expiry on ledger.hold (community_id, expires_at);

create table ledger.hold_end (
  community_id uuid not null,
  -- A hold ends at most once.
  hold_id uuid not null,
  outcome ledger.hold_outcome not null,
  journal_id uuid,
  recorded_at timestamptz not null default now(),
  primary key (community_id, hold_id),
  foreign key (community_id, hold_id) references ledger.hold (community_id, id),
  foreign key (community_id, journal_id) references ledger.journal (community_id, id),
  check ((outcome = 'captured') = (journal_id is not null))
);

create trigger append_only before update or delete on ledger.hold
  for each row execute function ledger.refuse_change();
create trigger append_only before update or delete on ledger.hold_end
  for each row execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.hold
  for each statement execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.hold_end
  for each statement execute function ledger.refuse_change();

-- Sets an amount aside on an account of one row.
--
-- p_hold: {id, once, account, amount, expires_at}
-- Answers {"reserved": id, "repeated", "balance"}, or refuses with nothing written:
-- unknown-account, insufficient-balance (with "missing"), once-differs.
create function ledger.reserve(p_community_id uuid, p_hold jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_account constant uuid := p_hold ->> 'account';
  v_amount constant bigint := p_hold ->> 'amount';
  v_row ledger.account;
  v_known ledger.hold;
begin
  select * into v_row
  from ledger.account as a
  where a.community_id = p_community_id and a.id = v_account and a.stripe = 0
  for no key update;
  if not found then
    return jsonb_build_object('refused', 'unknown-account', 'account', v_account);
  end if;

  select * into v_known
  from ledger.hold as h
  where h.community_id = p_community_id and h.once = p_hold ->> 'once';
  if found then
    if (v_known.account_id, v_known.amount) is distinct from (v_account, v_amount) then
      return jsonb_build_object('refused', 'once-differs');
    end if;
    return jsonb_build_object(
      'reserved', v_known.id, 'repeated', true, 'balance', v_row.posted - v_row.held
    );
  end if;

  if v_row.posted - v_row.held - v_amount < v_row.floor then
    return jsonb_build_object(
      'refused', 'insufficient-balance', 'account', v_account,
      'missing', v_row.floor + v_amount - v_row.posted + v_row.held
    );
  end if;
  insert into ledger.hold (community_id, id, once, account_id, amount, expires_at)
  values (
    p_community_id, (p_hold ->> 'id')::uuid, p_hold ->> 'once', v_account, v_amount,
    (p_hold ->> 'expires_at')::timestamptz
  );
  update ledger.account as a
  set held = a.held + v_amount
  where a.community_id = p_community_id and a.id = v_account and a.stripe = 0;
  return jsonb_build_object(
    'reserved', p_hold ->> 'id', 'repeated', false,
    'balance', v_row.posted - v_row.held - v_amount
  );
end
$$;

-- Turns a hold into a journal, in one call: the rest of the hold, if any, is released with it.
--
-- p_journal: as for ledger.post; it takes from the held account at most what is held.
-- Answers as ledger.post, or refuses with nothing written: unknown-hold, hold-ended (with
-- "outcome"), exceeds-hold, and what ledger.post refuses.
create function ledger.capture(p_community_id uuid, p_hold_id uuid, p_journal jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_journals constant jsonb := jsonb_build_array(p_journal);
  v_hold ledger.hold;
  v_end ledger.hold_end;
  v_answer jsonb;
begin
  select * into v_hold
  from ledger.hold as h where h.community_id = p_community_id and h.id = p_hold_id;
  if not found then
    return jsonb_build_object('refused', 'unknown-hold', 'at', 0);
  end if;
  perform ledger.refuse_reversals(p_journal);
  -- All rows in the one order, before the first is changed: else two ends wait in a circle.
  perform ledger.lock_rows(p_community_id, v_journals, (1 + pg_backend_pid() % 32)::smallint);
  if not exists (
    select
    from jsonb_to_record(p_journal) as j (accounts uuid[], amounts bigint[]),
      unnest(j.accounts, j.amounts) as leg (account_id, amount)
    where leg.account_id = v_hold.account_id and -leg.amount between 1 and v_hold.amount
  ) then
    return jsonb_build_object('refused', 'exceeds-hold', 'at', 0, 'held', v_hold.amount);
  end if;

  select * into v_end
  from ledger.hold_end as e where e.community_id = p_community_id and e.hold_id = p_hold_id;
  if found then
    if v_end.journal_id is not null and exists (
      select from ledger.journal as j
      where j.community_id = p_community_id and j.id = v_end.journal_id
        and j.once = p_journal ->> 'once'
    ) then
      return ledger.post_each(p_community_id, v_journals);
    end if;
    return jsonb_build_object('refused', 'hold-ended', 'at', 0, 'outcome', v_end.outcome);
  end if;

  -- What was held is what is spent; it is held again when nothing comes of it.
  update ledger.account as a
  set held = a.held - v_hold.amount
  where a.community_id = p_community_id and a.id = v_hold.account_id and a.stripe = 0;
  v_answer := ledger.post_each(p_community_id, v_journals);
  if (v_answer #>> '{posted,0,repeated}')::boolean then
    -- The name belongs to a journal that this hold did not become.
    v_answer := jsonb_build_object('refused', 'once-differs', 'at', 0);
  end if;
  if v_answer ? 'refused' then
    update ledger.account as a
    set held = a.held + v_hold.amount
    where a.community_id = p_community_id and a.id = v_hold.account_id and a.stripe = 0;
    return v_answer;
  end if;
  insert into ledger.hold_end (community_id, hold_id, outcome, journal_id)
  values (p_community_id, p_hold_id, 'captured', (v_answer #>> '{posted,0,id}')::uuid);
  return v_answer;
end
$$;

-- Gives back what a hold set aside: released by somebody, or expired at p_now.
--
-- Answers {"ended": outcome, "repeated", "balance"}, or refuses: unknown-hold, hold-ended (with
-- "outcome") when it ended otherwise, not-due when it has not expired by p_now.
create function ledger.release(
  p_community_id uuid, p_hold_id uuid, p_outcome ledger.hold_outcome, p_now timestamptz
) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
  v_hold ledger.hold;
  v_row ledger.account;
  v_outcome ledger.hold_outcome;
begin
  if p_outcome = 'captured' then
    raise exception 'a hold is captured with ledger.capture' using errcode = '22023';
  end if;
  select * into v_hold
  from ledger.hold as h where h.community_id = p_community_id and h.id = p_hold_id;
  if not found then
    return jsonb_build_object('refused', 'unknown-hold');
  end if;
  select * into v_row
  from ledger.account as a
  where a.community_id = p_community_id and a.id = v_hold.account_id and a.stripe = 0
  for no key update;

  select e.outcome into v_outcome
  from ledger.hold_end as e where e.community_id = p_community_id and e.hold_id = p_hold_id;
  if found then
    if v_outcome <> p_outcome then
      return jsonb_build_object('refused', 'hold-ended', 'outcome', v_outcome);
    end if;
    return jsonb_build_object(
      'ended', v_outcome, 'repeated', true, 'balance', v_row.posted - v_row.held
    );
  end if;
  if p_outcome = 'expired' and v_hold.expires_at > p_now then
    return jsonb_build_object('refused', 'not-due');
  end if;

  insert into ledger.hold_end (community_id, hold_id, outcome)
  values (p_community_id, p_hold_id, p_outcome);
  update ledger.account as a
  set held = a.held - v_hold.amount
  where a.community_id = p_community_id and a.id = v_hold.account_id and a.stripe = 0;
  return jsonb_build_object(
    'ended', p_outcome, 'repeated', false, 'balance', v_row.posted - v_row.held + v_hold.amount
  );
end
$$;

revoke execute on function ledger.reserve, ledger.capture, ledger.release from public;
grant select on ledger.hold, ledger.hold_end to soccs_app;
grant execute on function ledger.reserve, ledger.capture, ledger.release to soccs_app;
