-- What commands by text keep between two texts.

-- A transfer that its sender has given the PIN for and is asked about once more by name: one a
-- sender, the newest. `SEND <word>` does it, within ten minutes.
create table pending_send (
  community_id uuid not null,
  sender_id uuid not null,
  -- Names the transfer for good: the word texted twice moves value once.
  id uuid not null,
  recipient_id uuid not null,
  -- iSoCCs.
  amount integer not null check (amount > 0),
  word text not null check (word ~ '^[A-Z][A-Z0-9]{3}$'),
  expires_at timestamptz not null,
  primary key (community_id, sender_id),
  foreign key (community_id, sender_id) references member (community_id, id),
  foreign key (community_id, recipient_id) references member (community_id, id),
  check (sender_id <> recipient_id)
);

-- Phones that text and are nobody's here: how many texts of the hour were taken, and whether they
-- have been told, for an answer costs money. Forgotten a month after the last text.
create table stranger (
  community_id uuid not null references community (id),
  -- A keyed digest: the number of somebody who is not here is not kept.
  phone_digest bytea not null check (length(phone_digest) = 32),
  texts smallint not null check (texts between 1 and 1000),
  hour_began_at timestamptz not null,
  last_at timestamptz not null,
  -- When they were last told that they are not in the community.
  told_at timestamptz,
  -- Chosen with LANG; null for the community's first.
  language text,
  primary key (community_id, phone_digest)
);

create index stranger_to_forget on stranger (community_id, last_at);

-- What one member texted of late, to leave alone a machine that answers every answer. Some seconds for
-- a million texts, in which no text is taken; the gateway delivers again.
create index inbound_message_of_member on inbound_message (community_id, member_id, received_at);

grant select, insert, update on pending_send to soccs_app;
grant select, insert, update, delete on stranger to soccs_app;
