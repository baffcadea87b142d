-- What the partner, who has no phone here, is to be told (R8, R17): facts that the admin API lists and
-- its reader acknowledges. New tables and a grant: no lock on any other table but community's, and
-- that short.
create table alert (
  community_id uuid not null references community (id),
  id uuid not null,
  kind text not null check (kind in ('liquidity-low', 'liquidity-reached', 'dispute-raised')),
  at timestamptz not null,
  -- Numbers and ids; never a PIN, a key or a phone number.
  facts jsonb not null,
  acknowledged_at timestamptz check (acknowledged_at >= at),
  -- When what it tells of was over, by itself; null while it lasts.
  ended_at timestamptz check (ended_at >= at),
  primary key (community_id, id)
);

-- A line of the budget is crossed once until it is crossed back, whoever looks at the same moment.
create unique index alert_of_budget on alert (community_id, kind)
  where ended_at is null and kind in ('liquidity-low', 'liquidity-reached');
-- The list, newest first.
create index alert_by_time on alert (community_id, at);

grant select, insert, update on alert to soccs_app;
