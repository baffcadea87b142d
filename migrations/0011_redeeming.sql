-- What SoCCs are spent on (R7, R13 to R15), and what else a deed may say (R6).

alter table deed
  -- A range: any value from `value` to this; null for one value.
  add column value_max integer check (value_max between 2 and 10000),
  -- At most cap_count of it by one member in any cap_days days; both null without a cap.
  add column cap_count integer check (cap_count between 1 and 1000),
  add column cap_days integer check (cap_days between 1 and 366),
  add check (value_max > value),
  add check (value_max is null or unit is null),
  add check ((cap_count is null) = (cap_days is null));

-- The agreement behind a member with the role `vendor`.
create table vendor (
  community_id uuid not null,
  member_id uuid not null,
  -- `csr` gives goods without cash for them; `small` may cash out.
  agreement text not null check (agreement in ('csr', 'small')),
  -- Where they are found, for a small screen.
  place text not null check (length(place) between 1 and 24),
  -- Wrong redemption codes and keys in a row: five lock the vendor's entry for an hour (R14).
  wrong_tries smallint not null default 0 check (wrong_tries >= 0),
  locked_until timestamptz,
  primary key (community_id, member_id),
  foreign key (community_id, member_id) references member (community_id, id)
);

create table reward (
  community_id uuid not null references community (id),
  id uuid not null,
  -- What a member texts: REDEEM UMBRELLA.
  code text not null check (code ~ '^[A-Z0-9]{2,12}$'),
  -- `purchase` and `part-payment` are paid in iSoCCs, `unlock` asks for a balance of the price and
  -- takes nothing, `communal` is paid in commSoCCs from the cache.
  kind text not null check (kind in ('purchase', 'part-payment', 'unlock', 'communal')),
  -- By language; the community's first language is always there.
  name jsonb not null,
  price integer not null check (price between 1 and 1000000),
  -- Null: as many as are asked for.
  stock integer check (stock >= 0),
  position smallint not null check (position between 1 and 99),
  valid_from timestamptz not null,
  valid_until timestamptz check (valid_until > valid_from),
  primary key (community_id, id)
);

create unique index reward_in_force on reward (community_id, code) where valid_until is null;

-- The vendors that serve a reward. It names the reward by its code, which outlives its versions.
create table reward_vendor (
  community_id uuid not null,
  reward_code text not null,
  vendor_id uuid not null,
  primary key (community_id, reward_code, vendor_id),
  foreign key (community_id, vendor_id) references vendor (community_id, member_id)
);

create table redemption (
  community_id uuid not null,
  id uuid not null,
  once text not null check (length(once) <= 120),
  member_id uuid not null,
  reward_id uuid not null,
  -- Null where no vendor is named: the partner hands it over, and a manager settles it.
  vendor_id uuid,
  -- iSoCCs held; 0 for an unlock.
  amount integer not null check (amount >= 0),
  -- Keyed digests: whoever reads this table cannot settle a redemption.
  code_digest bytea not null check (length(code_digest) = 32),
  key_digest bytea not null check (length(key_digest) = 32),
  -- The ledger's hold; null when nothing is held.
  hold_id uuid,
  state text not null default 'requested' check (
    state in ('requested', 'fulfilled', 'cancelled', 'expired')
  ),
  requested_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > requested_at),
  -- The text a day before it expires has been written.
  warned_at timestamptz,
  ended_at timestamptz,
  -- The vendor, manager or member who ended it; null when it expired.
  ended_by uuid,
  -- Settled by a manager's PIN: the member's phone was dead, or the key lost.
  without_key boolean not null default false,
  journal_id uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, member_id) references member (community_id, id),
  foreign key (community_id, reward_id) references reward (community_id, id),
  foreign key (community_id, vendor_id) references vendor (community_id, member_id),
  foreign key (community_id, ended_by) references member (community_id, id),
  check ((hold_id is null) = (amount = 0)),
  check ((state = 'requested') = (ended_at is null)),
  check ((journal_id is not null) = (state = 'fulfilled' and amount > 0)),
  check (vendor_id <> member_id)
);

-- A code names one open redemption.
create unique index redemption_open_code on redemption (community_id, code_digest)
  where state = 'requested';
create index redemption_due on redemption (community_id, expires_at) where state = 'requested';
create index redemption_of_member on redemption (community_id, member_id, requested_at);
create index redemption_of_vendor on redemption (community_id, vendor_id, requested_at);

create table cash_out (
  community_id uuid not null,
  id uuid not null,
  once text not null check (length(once) <= 120),
  vendor_id uuid not null,
  amount integer not null check (amount > 0),
  -- What the partner owes for it, at the value in force when it was asked for.
  cash numeric(14, 2) not null check (cash > 0),
  currency char(3) not null,
  hold_id uuid not null,
  state text not null default 'asked' check (state in ('asked', 'paid', 'cancelled')),
  asked_at timestamptz not null,
  ended_at timestamptz,
  -- `key:<id>` or `member:<id>`.
  ended_by text,
  journal_id uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, vendor_id) references vendor (community_id, member_id),
  check ((state = 'asked') = (ended_at is null)),
  check ((state = 'paid') = (journal_id is not null))
);

create index cash_out_by_state on cash_out (community_id, state, asked_at);
create index cash_out_of_vendor on cash_out (community_id, vendor_id, asked_at);

grant select, insert, update on vendor, reward, redemption, cash_out to soccs_app;
grant select, insert, delete on reward_vendor to soccs_app;
