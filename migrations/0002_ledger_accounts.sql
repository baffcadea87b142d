-- The ledger (R33): double entry, append-only, balanced per unit, never overdrawn.
--
-- The functions of 0003 to 0005 are the only writers. The service's role may call them and read; it
-- may not write these tables, and triggers refuse UPDATE, DELETE and TRUNCATE on everything that is
-- history to everyone.
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
  -- Who earned, or whose earning is undone; the commSoCCs that came or went with it, and the ratio.
  earner uuid,
  accrued bigint not null default 0,
  accrual_ratio integer check (accrual_ratio > 0),
  -- The journal this one corrects (R17): never an edit.
  reverses uuid,
  details jsonb,
  primary key (community_id, id),
  unique (community_id, once),
  check ((earner is null) = (accrual_ratio is null)),
  check (reverses <> id)
);

-- A journal is reversed at most once.
create unique index journal_reversed_once on ledger.journal (community_id, reverses)
  where reverses is not null;
-- Seals go by the time of recording, which is the order on disk: a few bytes for many pages.
create index journal_by_time on ledger.journal using brin (recorded_at) with (autosummarize = on);

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
-- What an account is never changes; only its balance does. Costs a posting nothing: the trigger is
-- for statements that name these columns.
create trigger fixed before update of community_id, id, stripe, kind, unit, floor on ledger.account
  for each row execute function ledger.refuse_change();
create trigger kept before delete on ledger.account
  for each row execute function ledger.refuse_change();
create trigger no_truncate before truncate on ledger.account
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

revoke execute on all functions in schema ledger from public;
grant select on all tables in schema ledger to soccs_app;
grant execute on function ledger.open_community, ledger.open_account to soccs_app;
