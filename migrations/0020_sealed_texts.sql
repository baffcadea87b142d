-- A redemption's code and handover key go out by text, but whoever reads the database must not be
-- able to use them: `text` then shows **** in their place, and the whole text is sealed under a key
-- that is not in the database (src/outbox/seal.ts).
--
-- Columns that are null or have a constant default, and checks that no row breaks: no rewrite of the
-- table, but a short exclusive lock and one scan.
alter table message
  add column sealed bytea check (length(sealed) <= 4200),
  -- Stays when what was sealed is gone: such a text cannot be sent again.
  add column secret boolean not null default false,
  add check (sealed is null or secret),
  -- Once nobody needs it any more, it is gone.
  add check (sealed is null or state not in ('delivered', 'failed'));

-- What is still sealed although no report ever came; few, so it costs the other texts nothing.
create index message_sealed on message (community_id, updated_at) where sealed is not null;
