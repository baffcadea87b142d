-- Keys of orders: bound to their order, counted by order, and only where a vendor hands over.
--
-- Locks: redemption and vendor_wrong_tries are locked exclusively while their rows are changed, their
-- checks made and the indexes built, each of which reads redemption once: some 3 s for a million
-- orders, in which nobody orders or hands over.

alter table redemption
  -- Wrong keys typed for it: from five on its key is worth nothing, and a manager settles it.
  add column wrong_keys smallint not null default 0 check (wrong_keys between 0 and 5),
  -- Null where the partner hands over: a manager settles it, and there is nobody to give a key to.
  alter column key_digest drop not null;

-- The digest of a key has the order's id in it now, so no key given before fits its order any more. An
-- open order at a vendor counts as one whose key is worth nothing: the vendor is told so, and a manager
-- settles it by PIN, or it expires. Of an order that has ended, the key is now a wrong one.
update redemption set wrong_keys = 5 where state = 'requested' and vendor_id is not null;
-- The partner's orders never had a use for a key, so that none was missing when they were settled.
update redemption set key_digest = null, without_key = false where vendor_id is null;

alter table redemption
  add check ((key_digest is null) = (vendor_id is null)),
  add check (not without_key or vendor_id is not null);

-- An unlock holds nothing, so that only this bounds how many of them wait. Of several that are open the
-- newest stays, and the others end.
with ended as (
  update redemption as r
  set state = 'expired', ended_at = now()
  where r.state = 'requested' and r.amount = 0 and exists (
    select from redemption as newer
    where newer.community_id = r.community_id and newer.member_id = r.member_id
      and newer.reward_id = r.reward_id and newer.state = 'requested' and newer.amount = 0
      and newer.id > r.id
  )
  returning r.community_id, r.reward_id
)
update reward as w
set stock = w.stock + e.orders
from (select community_id, reward_id, count(*) as orders from ended group by 1, 2) as e
where w.community_id = e.community_id and w.id = e.reward_id and w.stock is not null;

create unique index redemption_open_unlock on redemption (community_id, member_id, reward_id)
  where state = 'requested' and amount = 0;

-- What a vendor's code named, also after it has ended.
create index redemption_by_code on redemption (community_id, vendor_id, code_digest)
  where vendor_id is not null;

-- A try that turns out to have been none is taken back.
alter table vendor_wrong_tries
  drop constraint vendor_wrong_tries_tries_check,
  add check (tries >= 0);

-- The timed work looks at redemption, and nobody at when a hold is due: every hold wrote a line here.
drop index ledger.hold_by_expiry;
