-- How texts leave: the most urgent first, again later when the gateway would not take them, and never
-- for ever. The table is rewritten once, under an exclusive lock: some 10 s for a million texts.
alter table message drop constraint message_purpose_check;
alter table message
  add constraint message_purpose_check check (
    purpose in ('code', 'security', 'receipt', 'answer', 'request', 'reminder')
  ),
  -- Before the rest: what somebody cannot act without, and what says where value went.
  add column urgency smallint not null generated always as (
    case when purpose in ('code', 'security', 'receipt') then 1 when purpose = 'answer' then 2 else 3 end
  ) stored,
  -- While it is queued: when to hand it to the queue, or to hand it over again if the queue lost it.
  add column due_at timestamptz,
  -- The text that an operator sent again as this one.
  add column resend_of uuid,
  drop column relayed_at;

update message set due_at = updated_at where state = 'queued';

alter table message
  add check ((state = 'queued') = (due_at is not null)),
  add foreign key (community_id, resend_of) references message (community_id, id);

-- An operator who asks twice sends one text.
create unique index message_resend on message (community_id, resend_of)
  where resend_of is not null;

-- The relay's look, and the sweep after dead workers: both ask about all communities, and both only
-- about what is on its way.
drop index message_unfinished;
create index message_due on message (urgency, due_at) where state = 'queued';
create index message_sending on message (updated_at) where state = 'sending';

-- A report for an id nobody knows may be that of a text whose fate is not known.
create index message_unsettled on message (recipient)
  where gateway_id is null and state in ('sending', 'unknown');
alter table delivery_report add column recipient text;
create index delivery_report_by_recipient on delivery_report (recipient, received_at);

-- The list of a community's texts, newest first; and of those that somebody should look at, which are
-- few, so that a text on its usual way does not touch their index.
create index message_by_time on message (community_id, created_at, id);
create index message_to_look_at on message (community_id, created_at, id)
  where state in ('failed', 'unknown');

-- Whether the gateway can be used at all, told by whoever found out, so that a process that starts
-- does not find out again with somebody's text. One row for the one gateway, not a tenant's.
create table gateway_health (
  gateway text primary key check (gateway = 'sms'),
  open boolean not null,
  reason text check (length(reason) <= 200),
  -- How often in a row it was tried in vain since it opened.
  tries integer not null check (tries >= 0),
  since timestamptz not null,
  retry_at timestamptz,
  updated_at timestamptz not null,
  check (not open or (reason is not null and retry_at is not null))
);

grant select, insert, update on gateway_health to soccs_app;
