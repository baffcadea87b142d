-- Changes of the menus, of the accrual ratio and of the cash-out value: drafted by one, approved or
-- returned by another (R5, R12). What is in force stands in deed, reward and community; this says
-- how it came to be. A new table: no lock that anybody would notice.

create table menu_change (
  community_id uuid not null references community (id),
  id uuid not null,
  -- `key:<id>`, or `service` for a file that was applied.
  author text not null check (length(author) between 1 and 80),
  -- With whom it was talked over, and what they said.
  note text not null check (length(note) between 1 and 1000),
  -- Null: as soon as it is approved.
  effective_at timestamptz,
  -- As src/domain/menu-draft.ts has it: read again only through its schema.
  contents jsonb not null,
  state text not null default 'drafted' check (
    state in ('drafted', 'approved', 'returned', 'in-force')
  ),
  drafted_at timestamptz not null,
  decided_at timestamptz,
  decided_by text check (length(decided_by) between 1 and 80),
  -- Why it was returned.
  reason text check (length(reason) between 1 and 300),
  applied_at timestamptz,
  primary key (community_id, id),
  -- Never its author.
  check (decided_by <> author),
  check ((state = 'drafted') = (decided_at is null)),
  check ((decided_at is null) = (decided_by is null)),
  check ((state = 'returned') = (reason is not null)),
  check ((state = 'in-force') = (applied_at is not null))
);

-- What the timed job looks for, in all communities.
create index menu_change_due on menu_change (effective_at) where state = 'approved';
-- How many wait to be decided, and the list by state.
create index menu_change_by_state on menu_change (community_id, state);
-- The menu as it was at a moment.
create index deed_by_time on deed (community_id, valid_from);
create index reward_by_time on reward (community_id, valid_from);

grant select, insert on menu_change to soccs_app;
grant update (state, decided_at, decided_by, reason, applied_at) on menu_change to soccs_app;
