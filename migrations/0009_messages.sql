-- Texts in and out.

-- Each text the gateway delivered, once: it delivers again every minute until it gets a 200.
create table inbound_message (
  community_id uuid not null references community (id),
  gateway_id text not null check (length(gateway_id) <= 100),
  -- Null for a number that is nobody's.
  member_id uuid,
  -- With every PIN and phone number wiped (R29).
  text text not null check (length(text) <= 1000),
  outcome text not null,
  received_at timestamptz not null,
  primary key (community_id, gateway_id),
  foreign key (community_id, member_id) references member (community_id, id)
);

-- The outbox: written in the transaction of the act it tells of, so that what is promised is
-- never lost (R34).
create table message (
  community_id uuid not null references community (id),
  id uuid not null,
  recipient text not null,
  member_id uuid,
  purpose text not null check (purpose in ('receipt', 'request', 'answer')),
  text text not null check (length(text) between 1 and 1000),
  segments smallint not null check (segments between 1 and 10),
  state text not null default 'queued' check (
    state in ('queued', 'sending', 'sent', 'delivered', 'failed', 'unknown')
  ),
  gateway_id text,
  -- Why it failed or is unknown, in the gateway's words; never a PIN or a key.
  reason text check (length(reason) <= 200),
  attempts smallint not null default 0,
  -- When it was last handed to the queue; handed over again if the queue lost it.
  relayed_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (community_id, id),
  foreign key (community_id, member_id) references member (community_id, id)
);

-- What the relay still has to hand to the queue, and what a dead worker left half-sent.
create index message_unfinished on message (community_id, updated_at)
  where state in ('queued', 'sending');
create index message_by_gateway_id on message (gateway_id) where gateway_id is not null;
create index message_by_recipient on message (community_id, recipient, created_at);

-- Delivery reports, each (message, status) once. A report may come before the gateway's answer to
-- the send was stored, so it stands by itself, distributed by the gateway's id.
create table delivery_report (
  gateway_id text not null check (length(gateway_id) <= 100),
  status text not null check (length(status) <= 40),
  reason text check (length(reason) <= 200),
  received_at timestamptz not null,
  primary key (gateway_id, status)
);

grant select, insert, update on inbound_message to soccs_app;
grant select, insert on delivery_report to soccs_app;
grant select, insert, update on message to soccs_app;
