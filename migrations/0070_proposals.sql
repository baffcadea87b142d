-- Proposals to spend the cache on a communal reward, and the votes on them (R18). Two new tables, which
-- lock the tables they refer to for a moment; the community's columns have constant defaults, so
-- its rows are not rewritten.

alter table community
  -- Members who must have voted, abstentions among them, in per cent of all who may.
  add column quorum_percent integer not null default 30 check (quorum_percent between 1 and 100),
  -- Of those who said yes or no, more than so many per cent must have said yes.
  add column majority_percent integer not null default 50 check (
    majority_percent between 50 and 99
  ),
  add column voting_days integer not null default 7 check (voting_days between 1 and 60);

create table proposal (
  community_id uuid not null references community (id),
  id uuid not null,
  once text not null check (length(once) <= 120),
  -- What a member texts: VOTE K7Q2 YES. Unique while it is open, then free for another.
  code text not null check (code ~ '^[A-Z][A-Z0-9]{3}$'),
  -- The row of the Redeeming Menu that it was put on, and its price then, in commSoCCs.
  reward_id uuid not null,
  price integer not null check (price > 0),
  note text check (length(note) between 1 and 300),
  -- `member:<id>` for a manager, or `key:<id>`.
  put_by text not null check (length(put_by) between 1 and 80),
  -- The community's rules when it was put: nobody changes them while it is voted on.
  quorum_percent integer not null check (quorum_percent between 1 and 100),
  majority_percent integer not null check (majority_percent between 50 and 99),
  state text not null default 'open' check (
    state in ('open', 'passed', 'failed', 'cancelled', 'done')
  ),
  opened_at timestamptz not null,
  closes_at timestamptz not null check (closes_at > opened_at),
  -- When voting ended and was counted, once: the members who might vote, and what they said.
  closed_at timestamptz,
  members integer check (members >= 0),
  yes integer check (yes >= 0),
  no integer check (no >= 0),
  abstain integer check (abstain >= 0),
  -- When it was paid or called off, by whom and why.
  ended_at timestamptz,
  ended_by text check (length(ended_by) between 1 and 80),
  reason text check (length(reason) between 1 and 40),
  journal_id uuid,
  primary key (community_id, id),
  unique (community_id, once),
  foreign key (community_id, reward_id) references reward (community_id, id),
  check ((state = 'open') = (closed_at is null)),
  check (num_nulls(closed_at, members, yes, no, abstain) in (0, 5)),
  check (yes + no + abstain <= members),
  check ((state in ('cancelled', 'done')) = (ended_at is not null)),
  check ((ended_at is null) = (ended_by is null)),
  check ((state = 'cancelled') = (reason is not null)),
  check ((state = 'done') = (journal_id is not null))
);

create unique index proposal_open_code on proposal (community_id, code) where state = 'open';
-- What is open or waits to be paid, and what the timed work finds to close.
create index proposal_by_state on proposal (community_id, state, closes_at);

-- One vote a member and proposal: a change is an update.
create table vote (
  community_id uuid not null,
  proposal_id uuid not null,
  member_id uuid not null,
  choice text not null check (choice in ('yes', 'no', 'abstain')),
  voted_at timestamptz not null,
  -- The names of the last acts on it, the newest last: one of them done again changes nothing.
  onces text[] not null check (cardinality(onces) between 1 and 8),
  primary key (community_id, proposal_id, member_id),
  foreign key (community_id, proposal_id) references proposal (community_id, id),
  foreign key (community_id, member_id) references member (community_id, id)
);

grant update (quorum_percent, majority_percent, voting_days) on community to soccs_app;
grant select, insert on proposal, vote to soccs_app;
-- What was proposed stays as it was put.
grant update (
  state, closed_at, members, yes, no, abstain, ended_at, ended_by, reason, journal_id
) on proposal to soccs_app;
grant update (choice, voted_at, onces) on vote to soccs_app;
