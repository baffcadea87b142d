import type { LedgerUnit } from "../db/types.ts";

/** The two units; whole numbers, never fractions. */
export type Unit = LedgerUnit;

/**
 * The system accounts every community has under the same ids. The chart of all accounts, with
 * their floors and rows, is at the head of migrations/0002_ledger_accounts.sql.
 */
export const chart = {
  issuance: "00000000-0000-0000-0000-000000000001",
  comm_issuance: "00000000-0000-0000-0000-000000000002",
  cache: "00000000-0000-0000-0000-000000000003",
  settlement: "00000000-0000-0000-0000-000000000004",
  comm_settlement: "00000000-0000-0000-0000-000000000005",
  opening: "00000000-0000-0000-0000-000000000006",
  comm_opening: "00000000-0000-0000-0000-000000000007",
} as const;
