-- Access and safety (R26 to R31): joining, several accounts on one phone, PIN resets, changes of
-- number, and who did what.

alter table community
  -- What one SoCC is worth in the community's currency, for the partner's budget (R2, R8).
  add column notional_value numeric(12, 4) check (notional_value > 0),
  -- What a vendor is paid for one (R15); null where vendors take no cash.
  add column cash_out_value numeric(12, 4) check (cash_out_value > 0),
  add column liquidity_budget numeric(14, 2) check (liquidity_budget >= 0),
  add column stage text not null default 'starting' check (
    stage in ('starting', 'running', 'self-sufficient')
  ),
  add column redemption_expiry_days integer not null default 7 check (
    redemption_expiry_days between 2 and 90
  ),
  -- iSoCCs one member may send away in a day.
  add column send_daily_max integer not null default 500 check (
    send_daily_max between 1 and 1000000
  ),
  add column pin_reset_wait_hours integer not null default 24 check (
    pin_reset_wait_hours between 1 and 168
  ),
  add column number_change_wait_hours integer not null default 48 check (
    number_change_wait_hours between 1 and 336
  );

alter table member
  -- Whose phone serves for them (R30); the phone is then the guardian's.
  add column guardian_id uuid,
  -- When they last gave their PIN. An account that has been quiet for long may have lost its phone
  -- to somebody else (R28).
  add column active_at timestamptz,
  add foreign key (community_id, guardian_id) references member (community_id, id),
  add check (guardian_id <> id),
  -- What a vendor takes may be paid out in cash, what a member earns never (R15), so nobody is both
  -- in one account. A person may have one of each on one phone.
  add check (not roles @> array['vendor'] or cardinality(roles) = 1);

alter table pin
  -- Rounds of three wrong tries since the last right one; the second blocks (R27).
  add column rounds smallint not null default 0 check (rounds >= 0),
  add column blocked_at timestamptz,
  -- A manager has started a reset: from reset_ready_at on a new PIN may be chosen by dialling.
  add column reset_by uuid,
  add column reset_ready_at timestamptz,
  add foreign key (community_id, reset_by) references member (community_id, id),
  add check ((reset_by is null) = (reset_ready_at is null)),
  add check (reset_by <> member_id);

-- Somebody asks to be let in, for themselves or for one whose guardian they are (R26, R30).
create table join_request (
  community_id uuid not null references community (id),
  id uuid not null,
  once text not null check (length(once) <= 120),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  name text not null check (length(name) between 1 and 40),
  language text not null,
  guardian_id uuid,
  state text not null default 'waiting' check (state in ('waiting', 'admitted', 'declined')),
  asked_at timestamptz not null,
  decided_at timestamptz,
  decided_by uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, guardian_id) references member (community_id, id),
  foreign key (community_id, decided_by) references member (community_id, id),
  check ((state = 'waiting') = (decided_at is null)),
  check ((decided_at is null) = (decided_by is null)),
  check (decided_by <> guardian_id)
);

create index join_request_waiting on join_request (community_id, asked_at)
  where state = 'waiting';
create index join_request_by_phone on join_request (community_id, phone, asked_at);

-- A member moves to another number: a manager witnesses it, the old number is told, and it takes
-- effect after a delay in which the old number can still refuse it (R28).
create table number_change (
  community_id uuid not null,
  id uuid not null,
  once text not null check (length(once) <= 120),
  member_id uuid not null,
  old_phone text not null,
  new_phone text not null check (new_phone ~ '^\+[1-9][0-9]{6,14}$'),
  state text not null default 'asked' check (
    state in ('asked', 'witnessed', 'done', 'cancelled')
  ),
  asked_at timestamptz not null,
  witness_id uuid,
  -- When it takes effect, once witnessed.
  due_at timestamptz,
  ended_at timestamptz,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, member_id) references member (community_id, id),
  foreign key (community_id, witness_id) references member (community_id, id),
  check ((witness_id is null) = (due_at is null)),
  check (witness_id <> member_id),
  check (state <> 'done' or witness_id is not null),
  check ((state in ('asked', 'witnessed')) = (ended_at is null))
);

create unique index number_change_open on number_change (community_id, member_id)
  where state in ('asked', 'witnessed');
create index number_change_due on number_change (community_id, due_at) where state = 'witnessed';

-- Every act of an administrator or a manager: who, what, when, before, after (R31). Acts that belong
-- to no community, such as making a key, stand under the nil UUID.
create table audit_event (
  community_id uuid not null,
  id uuid not null,
  at timestamptz not null,
  -- `member:<id>`, `key:<id>` or `service`.
  actor text not null check (length(actor) between 1 and 80),
  -- A verb and its object: `member.enrolled`, `claim.confirmed`.
  act text not null check (act ~ '^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$' and length(act) <= 60),
  subject text not null check (length(subject) between 1 and 80),
  -- Never a PIN, a key or a whole phone number.
  before jsonb,
  after jsonb,
  primary key (community_id, id)
);

create trigger append_only before update or delete on audit_event
  for each row execute function ledger.refuse_change();
create trigger no_truncate before truncate on audit_event
  for each statement execute function ledger.refuse_change();

grant select, insert, update on join_request, number_change to soccs_app;
grant select, insert on audit_event to soccs_app;
