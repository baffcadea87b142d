-- What falls due and what is forgotten is found for all communities at once; what a text cost is kept;
-- and numbers of people go when nobody needs them any more.
--
-- Locks: message is locked exclusively while it is read once for its new checks, some 2 s for ten
-- million texts. Each index keeps the writers of its table waiting while it is built: those on message
-- some 15 s for ten million, in which no text leaves and the gateway delivers again what it could not;
-- of the others some seconds for a million rows.

-- What the timed work looks for, whatever community it is of: nothing due is nothing read.
create index claim_due on claim (expires_at) where state = 'waiting';
create index redemption_expiring on redemption (expires_at) where state = 'requested';
create index proposal_due on proposal (closes_at) where state = 'open';
drop index number_change_due;
create index number_change_due on number_change (due_at) where state = 'witnessed';
drop index stranger_to_forget;
create index stranger_by_age on stranger (last_at);
drop index ussd_session_by_age;
create index ussd_session_by_age on ussd_session (started_at);

-- What the gateway said it takes for a text; null where it said nothing that can be read.
alter table message
  add column cost_currency char(3),
  add column cost_amount numeric,
  add check ((cost_currency is null) = (cost_amount is null)),
  add check (cost_currency ~ '^[A-Z]{3}$'),
  add check (cost_amount >= 0);

-- Numbers that nobody needs any more. A text is looked for here until its words and whom it was for are
-- gone, and then found by whose it was alone.
drop index message_with_words;
create index message_to_empty on message (created_at) where recipient <> '';
create index message_of_nobodys_number on message (community_id, member_id, created_at)
  where recipient = '';
create index number_change_ended on number_change (ended_at) where ended_at is not null;
create index number_change_asked on number_change (asked_at) where state = 'asked';
