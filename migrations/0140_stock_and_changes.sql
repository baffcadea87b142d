-- Stock that outlives a change of the menus, and changes that are taken back (R5, R7).

-- What there was when it was last stocked; stock is what is left of it. A change that names another
-- number restocks, any other keeps what is left. Null with stock: as many as are asked for.
-- Small tables all: rewritten or read through under their locks in milliseconds.
alter table reward add column stock_given integer check (stock_given >= 0);

-- Until now every order of a row took one of its own stock, and gave it back when it came to nothing.
update reward
set stock_given = stock + (
  select count(*)
  from redemption
  where redemption.community_id = reward.community_id
    and redemption.reward_id = reward.id
    and redemption.state in ('requested', 'fulfilled')
)
where stock is not null;

-- A release before this one, which may run beside it for a while, puts none with what it counts.
alter table reward add check (stock is not null or stock_given is null);

-- An author withdraws their own draft, which returns it; approving it is another's still.
alter table menu_change
  drop constraint menu_change_check,
  add check (decided_by <> author or state = 'returned');

-- The service returns an approved change that does not fit the menus on its day, and tells of it.
alter table alert
  drop constraint alert_kind_check,
  add constraint alert_kind_check check (
    kind in ('liquidity-low', 'liquidity-reached', 'dispute-raised', 'menu-change-returned')
  );
