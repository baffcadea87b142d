-- A community may choose that its texts carry no PIN, which would stay in the phone's sent folder: a
-- one-time word then shows that whoever texted also reads the phone.
--
-- A column with a constant default: no rewrite, a short exclusive lock.
alter table community
  add column text_proof text not null default 'pin' check (text_proof in ('pin', 'word'));

-- It goes by a menu change, as the accrual ratio does (0032).
grant update (text_proof) on community to soccs_app;

-- A command that waits for its word: one a member, the newest, for ten minutes. A new table.
create table waiting_command (
  community_id uuid not null,
  member_id uuid not null,
  id uuid not null,
  -- Keyed, over the phone as well: worth nothing to a reader of the database, nor from another phone.
  word_digest bytea not null check (length(word_digest) = 32),
  -- The command and its values, sealed: they may hold somebody's number.
  command bytea not null check (length(command) <= 4200),
  -- Wrong words counted with the PIN's wrong tries; the right one takes these back, and no others.
  wrong_words smallint not null default 0 check (wrong_words >= 0),
  expires_at timestamptz not null,
  primary key (community_id, member_id),
  foreign key (community_id, member_id) references member (community_id, id)
);

grant select, insert, update, delete on waiting_command to soccs_app;
