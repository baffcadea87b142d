-- Erasing a person, an operator's reset, and how long what was said is kept.
--
-- Locks: member, pin and message are locked exclusively while their checks are made anew, which
-- reads each once (some 2 s for ten million texts). The indexes on message, inbound_message,
-- delivery_report and audit_event keep their writers waiting while they are built: together some 30 s
-- for ten million of each, in which no text leaves and the gateway delivers again what it could not.

-- Who has been erased is nobody any more: `former member`, with no number. The row stays, for the
-- ledger's account is under its id.
alter table member
  add column erased_at timestamptz,
  drop constraint member_phone_check,
  add constraint member_phone_check check (
    phone ~ '^\+[1-9][0-9]{6,14}$' or (phone = '' and erased_at is not null)
  ),
  add check (erased_at is null or (status = 'closed' and phone = '' and guardian_id is null));

-- An operator of the service may start a reset too (R27): it is then nobody's of the community.
alter table pin
  drop constraint pin_check,
  add check (reset_by is null or reset_ready_at is not null);

-- A text whose time is over has no words left, and keeps what became of it and what it cost.
alter table message
  drop constraint message_text_check,
  add constraint message_text_check check (length(text) <= 1000),
  add check (text <> '' or (sealed is null and state not in ('queued', 'sending')));

-- What the timed work looks for, each in the order in which its time is over: rows that have had
-- theirs are gone from the index, so that it reads only what it takes.
create index message_with_words on message (created_at) where text <> '';
create index inbound_message_by_age on inbound_message (received_at);
create index delivery_report_by_age on delivery_report (received_at);
create index join_request_decided on join_request (decided_at) where decided_at is not null;
create index pending_send_by_age on pending_send (expires_at);
create index waiting_command_by_age on waiting_command (expires_at);
-- Everything that was done to one person.
create index audit_event_of_subject on audit_event (community_id, subject, id);

-- A document with a name in it replaced, wherever it stands and in whatever case.
create function without_name(p_document jsonb, p_pattern text) returns jsonb
language sql immutable set search_path = pg_catalog, pg_temp as $$
  select regexp_replace(p_document::text, p_pattern, 'former member', 'gi')::jsonb
$$;

-- The audit log stays append-only but for this: while somebody is being erased, their name in it may
-- become `former member`. Who did what, to which id, when, and every other word cannot be changed.
create function keep_audit_event() returns trigger
language plpgsql set search_path = pg_catalog, public, pg_temp as $$
declare
  v_pattern text := nullif(current_setting('soccs.erased_name', true), '');
begin
  if tg_op = 'UPDATE' and v_pattern is not null then
    if (new.community_id, new.id, new.at, new.actor, new.act, new.subject)
        is not distinct from (old.community_id, old.id, old.at, old.actor, old.act, old.subject)
      and (new.before, new.after) is not distinct from
        (without_name(old.before, v_pattern), without_name(old.after, v_pattern))
    then
      return new;
    end if;
  end if;
  raise exception '%.% is append-only', tg_table_schema, tg_table_name using errcode = '42501';
end
$$;

drop trigger append_only on audit_event;
create trigger append_only before update or delete on audit_event
  for each row execute function keep_audit_event();

-- Replaces a name in what the service's role may not change: the audit log, and what was noted with a
-- change of the menus or a proposal. Reads all of one community's; somebody is erased seldom.
create function forget_name(p_community_id uuid, p_pattern text) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform set_config('soccs.erased_name', p_pattern, true);
  update audit_event
  set before = without_name(before, p_pattern), after = without_name(after, p_pattern)
  where community_id = p_community_id and (before::text ~* p_pattern or after::text ~* p_pattern);
  perform set_config('soccs.erased_name', '', true);
  update menu_change
  set note = left(regexp_replace(note, p_pattern, 'former member', 'gi'), 1000),
    reason = left(regexp_replace(reason, p_pattern, 'former member', 'gi'), 300)
  where community_id = p_community_id and (note ~* p_pattern or reason ~* p_pattern);
  update proposal
  set note = left(regexp_replace(note, p_pattern, 'former member', 'gi'), 300),
    reason = left(regexp_replace(reason, p_pattern, 'former member', 'gi'), 40)
  where community_id = p_community_id and (note ~* p_pattern or reason ~* p_pattern);
end
$$;

revoke execute on function forget_name, without_name, keep_audit_event from public;
grant execute on function forget_name to soccs_app;
grant delete on pin, opt_out, join_request, number_change, pending_send, inbound_message,
  delivery_report to soccs_app;
-- So that two processes that forget pass over each other's rows; nothing sets these.
grant update (received_at) on delivery_report to soccs_app;
grant update (kept_at) on kept_answer to soccs_app;
