-- The Earning Menu and the claims made on it (R4, R6, R9 to R11).

create table deed (
  community_id uuid not null references community (id),
  id uuid not null,
  -- What a member texts: CLAIM SWEEP.
  code text not null check (code ~ '^[A-Z0-9]{2,12}$'),
  -- By language; the community's first language is always there.
  name jsonb not null,
  value integer not null check (value between 1 and 10000),
  -- "3 SoCC per 5 kg": the unit's name by language, or null for a fixed value.
  unit jsonb,
  units_max integer not null default 1 check (units_max between 1 and 1000),
  -- A text about it uses a neutral label (R6).
  sensitive boolean not null default false,
  position smallint not null check (position between 1 and 99),
  valid_from timestamptz not null,
  -- Null while in force. A claim keeps the row, and so the value, it was made on (R4).
  valid_until timestamptz check (valid_until > valid_from),
  primary key (community_id, id),
  check (unit is not null or units_max = 1)
);

-- One row in force for each code.
create unique index deed_in_force on deed (community_id, code) where valid_until is null;

create table claim (
  community_id uuid not null,
  id uuid not null,
  -- What a manager texts: OK K7Q2. Unique while the claim waits, then free for another.
  code text not null,
  member_id uuid not null,
  deed_id uuid not null,
  units integer not null check (units > 0),
  -- iSoCCs, as the menu in force said when it was claimed (R4).
  value integer not null check (value > 0),
  state text not null default 'waiting' check (
    state in ('waiting', 'confirmed', 'rejected', 'expired')
  ),
  -- The name of the act that made it: the same call delivered again makes no second claim.
  once text not null,
  claimed_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > claimed_at),
  decided_at timestamptz,
  decided_by uuid,
  reason text check (length(reason) <= 100),
  -- The ledger's journal; its own row says what was posted.
  journal_id uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, member_id) references member (community_id, id),
  foreign key (community_id, deed_id) references deed (community_id, id),
  foreign key (community_id, decided_by) references member (community_id, id),
  check (decided_by <> member_id),
  check ((state = 'waiting') = (decided_at is null)),
  check ((state = 'confirmed') = (journal_id is not null))
);

create unique index claim_waiting_code on claim (community_id, code) where state = 'waiting';
-- A manager's list, oldest first; the timed job finds what is due at its front.
create index claim_waiting on claim (community_id, claimed_at) where state = 'waiting';
create index claim_of_member on claim (community_id, member_id, claimed_at);

grant select, insert, update on deed, claim to soccs_app;
