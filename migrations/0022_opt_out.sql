-- Who wants no texts but those the law and the ledger require (R32): one record for a phone in a
-- community, however it was learnt. A new table: no lock on any other but community's, and that short.
create table opt_out (
  community_id uuid not null references community (id),
  phone text not null check (phone ~ '^\+[1-9][0-9]{6,14}$'),
  -- Their own STOP; the provider's opt-out callback; a send it refused; a report of a text.
  source text not null check (source in ('text', 'callback', 'refusal', 'report')),
  opted_out_at timestamptz not null,
  -- Null while it is in force: START ends it.
  ended_at timestamptz check (ended_at >= opted_out_at),
  -- When it was written into the audit log and the other managers were told.
  noted_at timestamptz,
  primary key (community_id, phone)
);

create index opt_out_to_note on opt_out (community_id) where noted_at is null;

grant select, insert, update on opt_out to soccs_app;
