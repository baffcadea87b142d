-- Which request caused a text: a callback of the gateway, or a call of the admin API. It is in the log
-- from the callback to the delivery report; null for what falls due by itself. A column that is null
-- everywhere: no rewrite, but a short exclusive lock and one scan for the check.
alter table message add column request_id text check (request_id ~ '^[a-p]{24}$');

-- How long the oldest text has waited, and which have waited for too long: both were a scan of all
-- that is queued, every few seconds. No text is written or sent while it is built, some seconds for a
-- million rows; few of them are queued, so it stays small.
create index message_queued on message (created_at) where state = 'queued';

-- PINs that are locked or blocked, to be counted; few, so a right PIN does not touch it.
create index pin_locked on pin (community_id)
  where locked_until is not null or blocked_at is not null;

-- How many have asked to join within the hour: nobody who asks is known, and each request is a text to
-- every manager. A small table.
create index join_request_by_time on join_request (community_id, asked_at);

-- For /readyz: whether the schema is the one that a process was made for.
grant select on kysely_migration to soccs_app;
