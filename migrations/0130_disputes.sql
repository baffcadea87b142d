-- Disputes are decided by those who are no part of them (R10, R17): a manager whose own act is disputed
-- is a party too, and a manager's decision, whichever it is, waits for the partner's.
--
-- Locks: dispute is locked exclusively while its new checks read it once; it is small. No member is
-- written while the index is built, some 100 ms for a hundred thousand.
alter table dispute
  -- The manager whose own act it is: who confirmed or recorded the claim, or settled the redemption
  -- by PIN: without its key, or as the partner's, which has none. Null where there was none, as of a transfer.
  add column acted_by uuid,
  add foreign key (community_id, acted_by) references member (community_id, id),
  add check (manager_id <> acted_by),
  -- Where no manager may decide, the partner decides alone.
  drop constraint dispute_check6,
  add constraint dispute_upheld_by_all check (
    state <> 'upheld' or (partner_upholds and coalesce(manager_upholds, true)) is true
  ),
  add constraint dispute_declined_by_one check (
    state <> 'declined' or (manager_upholds and partner_upholds) is not true
  );

-- A manager's decision of before on an act of their own stands as it is.
update dispute set acted_by = coalesce(claim.decided_by, redemption.ended_by)
from ledger.journal as journal
left join claim
  on claim.community_id = journal.community_id
  and claim.id = (journal.details ->> 'claim_id')::uuid
left join redemption
  on redemption.community_id = journal.community_id
  and redemption.id = (journal.details ->> 'redemption_id')::uuid
  and (redemption.without_key or redemption.vendor_id is null)
where journal.community_id = dispute.community_id and journal.id = dispute.journal_id
  and coalesce(claim.decided_by, redemption.ended_by) is distinct from dispute.manager_id;

-- Who may decide is asked of every dispute in a list: a community has few managers.
create index member_managing on member (community_id) where 'manager' = any (roles);
