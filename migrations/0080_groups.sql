-- Groups (R16), and what the partner is told ends with what it tells of. member is read once under
-- its lock to check the new rules, some 100 ms for a hundred thousand; alert likewise, and it is small.

alter table member
  drop constraint member_roles_check,
  drop constraint member_roles_check1,
  add constraint member_roles_known check (
    cardinality(roles) >= 1 and roles <@ array['member', 'manager', 'vendor', 'group']
  ),
  -- The ledger's account is of one kind for good: what a vendor takes may be paid out in cash, and
  -- neither a vendor nor a group earns.
  add constraint member_roles_alone check (
    not roles && array['vendor', 'group'] or cardinality(roles) = 1
  );

-- A dispute's own alert, to end it: only those that last are in it.
create index alert_of_dispute on alert (community_id, (facts ->> 'dispute_id'))
  where ended_at is null and kind = 'dispute-raised';

update alert set ended_at = dispute.ended_at
from dispute
where dispute.community_id = alert.community_id
  and dispute.id::text = alert.facts ->> 'dispute_id'
  and dispute.ended_at is not null and alert.ended_at is null;
