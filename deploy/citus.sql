-- Distributes a migrated, empty schema by community on Citus (docs/operations.md, "Scale out"). Run it
-- as the schema's owner, after `soccs migrate` and before the service starts.
--
-- Not run yet: there was no Citus where this was written. test/db/citus.test.ts holds that every table
-- is named once, by a column that its keys begin with, after the tables it refers to.

begin;

-- Row triggers keep history append-only; each looks at its own row alone.
set local citus.enable_unsafe_triggers = on;

-- Small, read everywhere, written seldom: a copy on every node.
select create_reference_table('partner');
select create_reference_table('community');
select create_reference_table('admin_key');
select create_reference_table('gateway_health');

-- A report comes with the gateway's id and nothing else.
select create_distributed_table('delivery_report', 'gateway_id', colocate_with => 'none');

-- Everything of one community on one node: an act and its journal are one local transaction.
select create_distributed_table('member', 'community_id', colocate_with => 'none');
select create_distributed_table('pin', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.account', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.journal', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.entry', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.hold', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.hold_end', 'community_id', colocate_with => 'member');
select create_distributed_table('ledger.seal', 'community_id', colocate_with => 'member');
select create_distributed_table('deed', 'community_id', colocate_with => 'member');
select create_distributed_table('claim', 'community_id', colocate_with => 'member');
select create_distributed_table('ussd_session', 'community_id', colocate_with => 'member');
select create_distributed_table('inbound_message', 'community_id', colocate_with => 'member');
select create_distributed_table('message', 'community_id', colocate_with => 'member');
select create_distributed_table('join_request', 'community_id', colocate_with => 'member');
select create_distributed_table('number_change', 'community_id', colocate_with => 'member');
select create_distributed_table('audit_event', 'community_id', colocate_with => 'member');
select create_distributed_table('vendor', 'community_id', colocate_with => 'member');
select create_distributed_table('reward', 'community_id', colocate_with => 'member');
select create_distributed_table('reward_vendor', 'community_id', colocate_with => 'member');
select create_distributed_table('redemption', 'community_id', colocate_with => 'member');
select create_distributed_table('cash_out', 'community_id', colocate_with => 'member');
select create_distributed_table('opt_out', 'community_id', colocate_with => 'member');
select create_distributed_table('kept_answer', 'community_id', colocate_with => 'member');
select create_distributed_table('menu_change', 'community_id', colocate_with => 'member');
select create_distributed_table('pending_send', 'community_id', colocate_with => 'member');
select create_distributed_table('stranger', 'community_id', colocate_with => 'member');
select create_distributed_table('alert', 'community_id', colocate_with => 'member');
select create_distributed_table('dispute', 'community_id', colocate_with => 'member');
select create_distributed_table('vendor_wrong_tries', 'community_id', colocate_with => 'member');
select create_distributed_table('proposal', 'community_id', colocate_with => 'member');
select create_distributed_table('vote', 'community_id', colocate_with => 'member');
select create_distributed_table('waiting_command', 'community_id', colocate_with => 'member');

-- A call goes whole to the node that has its community: one round trip, as on one server.
select create_distributed_function('ledger.post(uuid, jsonb)', 'p_community_id', colocate_with => 'member');
select create_distributed_function('ledger.reverse(uuid, jsonb)', 'p_community_id', colocate_with => 'member');
select create_distributed_function('ledger.reserve(uuid, jsonb)', 'p_community_id', colocate_with => 'member');
select create_distributed_function('ledger.capture(uuid, uuid, jsonb)', 'p_community_id', colocate_with => 'member');
select create_distributed_function(
  'ledger.release(uuid, uuid, ledger.hold_outcome, timestamptz)', 'p_community_id', colocate_with => 'member'
);

commit;
