-- Who takes part (R1, R2): partners, their communities, and the people of each community.
--
-- Every tenant table has community_id first in its primary key, in every unique key and in every
-- foreign key, so that the schema can be distributed by community (docs: architecture, "Scale").
-- Identifiers are UUIDv7 made by the service: no sequence is shared between communities.

-- The service's own role. It owns nothing; what it may do is granted table by table. Roles belong
-- to the whole server, so another database may have made it already, or be making it right now.
do $$
begin
  create role soccs_app nologin;
exception
  when duplicate_object or unique_violation then null;
end
$$;

do $$
begin
  execute format('grant soccs_app to %I', current_user);
end
$$;

grant usage on schema public to soccs_app;

create table partner (
  id uuid primary key,
  name text not null unique check (length(name) between 1 and 80),
  created_at timestamptz not null
);

create table community (
  id uuid primary key,
  partner_id uuid not null references partner (id),
  slug text not null unique check (slug ~ '^[a-z0-9]+(-[a-z0-9]+)*$' and length(slug) <= 40),
  name text not null check (length(name) between 1 and 30),
  country char(2) not null,
  currency char(3) not null,
  time_zone text not null,
  -- The first is the default.
  languages text[] not null check (cardinality(languages) between 1 and 7),
  -- Either may be absent: some communities have SMS only (R2).
  ussd_code text unique check (ussd_code ~ '^\*[0-9*]+#$'),
  sms_number text unique,
  help_number text not null,
  -- One commSoCC for every so many iSoCCs earned (R12).
  accrual_ratio integer not null check (accrual_ratio between 1 and 1000),
  claim_expiry_days integer not null default 14 check (claim_expiry_days between 1 and 365),
  created_at timestamptz not null
);

create table member (
  community_id uuid not null references community (id),
  -- Also the id of the member's ledger account.
  id uuid not null,
  name text not null check (length(name) between 1 and 40),
  -- E.164. Not unique: several accounts may share one phone (R30).
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  language text not null,
  roles text[] not null check (
    cardinality(roles) >= 1 and roles <@ array['member', 'manager', 'vendor']
  ),
  status text not null default 'active' check (status in ('active', 'closed')),
  created_at timestamptz not null,
  primary key (community_id, id)
);

-- Every turn and every text begins by asking who is calling.
create index member_by_phone on member (community_id, phone);

create table pin (
  community_id uuid not null,
  member_id uuid not null,
  -- argon2id in PHC form, keyed with a pepper that is not in the database (R27).
  hash text not null,
  wrong_tries smallint not null default 0 check (wrong_tries >= 0),
  locked_until timestamptz,
  changed_at timestamptz not null,
  primary key (community_id, member_id),
  foreign key (community_id, member_id) references member (community_id, id)
);

grant select on partner, community to soccs_app;
grant insert on partner, community to soccs_app;
grant select, insert, update on member, pin to soccs_app;
