-- What may be changed of a community, and by whom: the service may set these columns and no others.
-- Grants only: no lock that anybody would notice.
grant update (
  name, help_number, ussd_code, sms_number, accrual_ratio, claim_expiry_days,
  redemption_expiry_days, send_daily_max, notional_value, cash_out_value, liquidity_budget, stage,
  pin_reset_wait_hours, number_change_wait_hours
) on community to soccs_app;
