-- The timed work looks at redemption, and nobody at when a hold is due: every hold wrote a line here.
drop index ledger.hold_by_expiry;
