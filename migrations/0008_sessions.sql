-- Live USSD sessions. A session is its answers: see src/ussd/session.ts.

create table ussd_session (
  community_id uuid not null references community (id),
  -- The gateway's own name for the session.
  id text not null check (length(id) <= 100),
  -- A session belongs to one phone; another phone under its name is turned away. Keyed digest.
  phone_digest bytea not null,
  -- How many replies have been taken in. The transcript itself is never stored: it holds PINs.
  taken integer not null check (taken >= 0),
  -- Keyed digest of the transcript taken in, to tell a repeated turn from a diverging one.
  transcript_digest bytea not null,
  state jsonb not null,
  -- What the phone was last shown, prefix included, for the same turn delivered again.
  reply text not null check (reply ~ '^(CON|END) '),
  started_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (community_id, id)
);

create index ussd_session_by_age on ussd_session (community_id, updated_at);

grant select, insert, update, delete on ussd_session to soccs_app;
