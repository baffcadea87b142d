-- Disputes (R17): raised by a member of a receipt, decided by a manager and the partner, remedied by a
-- reversing journal. A new table: no lock on any other but member's, and that short.
create table dispute (
  community_id uuid not null,
  id uuid not null,
  once text not null check (length(once) <= 120),
  -- Who raises it, and the other party of the journal where that is a person.
  member_id uuid not null,
  other_id uuid,
  journal_id uuid not null,
  -- iSoCCs that the journal gave the member, negative for what it took.
  moved bigint not null check (moved <> 0),
  -- The member's own words.
  words text check (length(words) <= 100),
  state text not null default 'open' check (state in ('open', 'upheld', 'declined')),
  raised_at timestamptz not null,
  manager_id uuid,
  manager_upholds boolean,
  -- `key:<id>`: who decided for the partner.
  partner text check (length(partner) between 1 and 80),
  partner_upholds boolean,
  ended_at timestamptz,
  -- The journal that undid it.
  reversal_id uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, member_id) references member (community_id, id),
  foreign key (community_id, other_id) references member (community_id, id),
  foreign key (community_id, manager_id) references member (community_id, id),
  check (manager_id <> member_id),
  check (manager_id <> other_id),
  check ((manager_id is null) = (manager_upholds is null)),
  check ((partner is null) = (partner_upholds is null)),
  check ((state = 'open') = (ended_at is null)),
  check ((state = 'upheld') = (reversal_id is not null)),
  check (state <> 'upheld' or (manager_upholds and partner_upholds) is true)
);

-- One journal is disputed once, by whichever of its parties.
create unique index dispute_of_journal on dispute (community_id, journal_id);
create index dispute_open on dispute (community_id, raised_at) where state = 'open';

grant select, insert, update on dispute to soccs_app;
