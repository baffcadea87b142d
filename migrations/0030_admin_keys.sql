-- Keys of the admin API, and the answers it gave lately.
--
-- New tables and one index on an append-only table: writers of audit_event wait while the index is
-- built, some seconds for a million rows.

-- A reference table: known by every node of a distributed database.
create table admin_key (
  id uuid primary key,
  -- Null: the overseer's.
  partner_id uuid references partner (id),
  name text not null check (length(name) between 1 and 60),
  -- SHA-256. The key holds 256 random bits, so a slow hash would add nothing.
  hash bytea not null check (length(hash) = 32),
  -- As in audit_event: who made it.
  created_by text not null check (length(created_by) between 1 and 80),
  created_at timestamptz not null,
  expires_at timestamptz not null check (expires_at > created_at),
  -- To the minute: a request should not have to write.
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- What a write was answered under its Idempotency-Key, so that the same request again has no second
-- effect. Kept for a day.
create table kept_answer (
  -- The nil UUID for acts that belong to no community.
  community_id uuid not null,
  -- The nil UUID for the bootstrap key.
  key_id uuid not null,
  name text not null check (length(name) between 1 and 100),
  -- Keyed with the caller's own key, as a phone number in a request could be guessed from a plain one.
  request_digest bytea not null check (length(request_digest) = 32),
  status smallint not null check (status between 200 and 299),
  -- Sealed with the caller's own key; null where the answer is said only once.
  answer bytea,
  kept_at timestamptz not null,
  primary key (community_id, key_id, name)
);

create index kept_answer_by_age on kept_answer (kept_at);

-- The overseer reads the log of all communities, newest first.
create index audit_event_by_id on audit_event (id);

grant select, insert on admin_key to soccs_app;
grant update (last_used_at, revoked_at) on admin_key to soccs_app;
grant select, insert, delete on kept_answer to soccs_app;
