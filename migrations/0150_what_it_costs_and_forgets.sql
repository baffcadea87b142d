-- What falls due and what is forgotten is found for all communities at once; what a text cost is kept;
-- and numbers of people go when nobody needs them any more.
--
-- Locks: each index keeps the writers of its table waiting while it is built, some seconds for a million
-- rows; the new columns are nothing but an entry in the catalogue.

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
