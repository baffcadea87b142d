-- A phone that dials again within a session's life is offered the call that broke off. Both indexes
-- go by the time a session began, which no turn changes: with room on the page a turn then writes no
-- index entry.
drop index ussd_session_by_age;
create index ussd_session_by_age on ussd_session (community_id, started_at);
create index ussd_session_by_phone on ussd_session (community_id, phone_digest, started_at);
alter table ussd_session set (fillfactor = 50);
