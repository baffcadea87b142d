-- What fraud signals are read from. A vendor's count of wrong tries starts over with a right key, so
-- how many they were is kept beside it, one row a vendor and day on which there were any.
create table vendor_wrong_tries (
  community_id uuid not null,
  vendor_id uuid not null,
  -- In the community's time zone.
  day date not null,
  tries integer not null check (tries > 0),
  locks integer not null check (locks >= 0),
  primary key (community_id, vendor_id, day),
  foreign key (community_id, vendor_id) references vendor (community_id, member_id)
);

grant select, insert, update on vendor_wrong_tries to soccs_app;

-- Each of these holds only the rows a signal is about, so that other postings and redemptions write no
-- entry for it. Building them locks claim, redemption and journal against writing while they are read
-- once: about a second for a million rows.
create index claim_confirmed on claim (community_id, decided_at) where state = 'confirmed';
create index redemption_without_key on redemption (community_id, ended_at) where without_key;
create index journal_transfer on ledger.journal (community_id, happened_at)
  where kind = 'transfer';
