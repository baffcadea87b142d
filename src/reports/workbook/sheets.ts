import { receiptCode } from "../../domain/codes.ts";
import { phoneEnd } from "../../domain/phones.ts";
import { people, total, type AccountMonth } from "./accounts.ts";
import { cacheOf, sumOf, type Contents } from "./contents.ts";
import { deedName, nameOf } from "./labels.ts";
import type { CashOutLine } from "./lines.ts";
import { summarySheet } from "./summary-sheet.ts";
import type { Cell, Column, Row, Sheet } from "./xlsx.ts";

/**
 * The workbook's sheets. It is a file that is mailed, printed and shown to those who fund the
 * programme: nobody's number is whole, and a sensitive deed has the neutral label that texts have
 * (R6). Who must know which it was looks the receipt's claim up in the admin API.
 */
export const sheetsOf = (contents: Contents): readonly Sheet[] => [
  summarySheet(contents),
  membersSheet(contents),
  deedsSheet(contents),
  redemptionsSheet(contents),
  transfersSheet(contents),
  cacheSheet(contents),
  cashOutsSheet(contents),
  othersSheet(contents),
];

const column = (title: string, width = 12): Column => ({ title, width });
const when = (title: string): Column => column(title, 18);
const who = (title: string): Column => column(title, 26);

const receipts = [column("Receipt"), column("Undoes")];

const receiptsOf = (line: {
  readonly journal_id: string | null;
  readonly reverses: string | null;
}) => [line.journal_id, line.reverses].map((id) => id && receiptCode(id));

const moment = (at: number | null): Cell => (at === null ? null : { moment: at });

const rows = <T>(lines: readonly T[], cells: (line: T) => readonly Cell[]): readonly Row[] =>
  lines.map((line) => ({ cells: cells(line) }));

const totalRow = (cells: readonly Cell[]): Row => ({ cells: ["Total", ...cells], is_total: true });

const amounts = [
  ["opening", "Opening"],
  ["earned", "Earned"],
  ["spent", "Spent"],
  ["taken", "Taken for rewards"],
  ["sent", "Sent"],
  ["received", "Received"],
  ["cashed_out", "Cashed out"],
  ["other", "Other"],
  ["closing", "Closing"],
] as const;

function membersSheet({ accounts }: Contents): Sheet {
  const persons = people(accounts);
  const sums = amounts.map(([part]) => total(persons, part));
  return {
    name: "Members",
    columns: [
      who("Name"),
      column("Role", 18),
      column("Phone ends", 12),
      ...amounts.map(([, title]) => column(title, 18)),
    ],
    rows: [
      ...rows(persons, (account) => [
        account.owner,
        roleOf(account),
        account.phone && phoneEnd(account.phone),
        ...amounts.map(([part]) => account[part]),
      ]),
      totalRow([null, null, ...sums]),
    ],
  };
}

const roleOf = ({ kind, roles }: AccountMonth): string => roles?.join(", ") ?? kind;

const deedsSheet = (contents: Contents): Sheet => ({
  name: "Deeds",
  columns: [
    when("Confirmed"),
    when("Claimed"),
    who("Member"),
    column("Deed", 32),
    column("Units", 8),
    column("iSoCC"),
    column("commSoCC"),
    who("Confirmed by"),
    ...receipts,
  ],
  rows: [
    ...rows(contents.deeds, (line) => [
      moment(line.at),
      moment(line.claimed_at),
      line.member,
      deedName(line, contents),
      line.units,
      line.amount,
      line.accrued,
      line.confirmed_by,
      ...receiptsOf(line),
    ]),
    totalRow([
      ...[null, null, null, null],
      sumOf(contents.deeds, ({ amount }) => amount),
      sumOf(contents.deeds, ({ accrued }) => accrued),
    ]),
  ],
});

const redemptionsSheet = (contents: Contents): Sheet => ({
  name: "Redemptions",
  columns: [
    when("Date"),
    column("State"),
    who("Member"),
    column("Reward", 32),
    who("Handed over by"),
    column("iSoCC"),
    column("Still held"),
    column("Settled without key", 20),
    ...receipts,
  ],
  rows: [
    ...rows(contents.redemptions, (line) => [
      moment(line.at),
      stateOf(line, "handed over"),
      line.member,
      nameOf(line.reward, contents),
      line.vendor ?? contents.community.partner,
      line.amount,
      line.waiting,
      line.without_key ? "yes" : null,
      ...receiptsOf(line),
    ]),
    totalRow([
      ...[null, null, null, null],
      sumOf(contents.redemptions, ({ amount }) => amount),
      sumOf(contents.redemptions, ({ waiting }) => waiting),
    ]),
  ],
});

const stateOf = (
  { reverses, is_waiting }: { readonly reverses: string | null; readonly is_waiting: boolean },
  done: string,
): string => (reverses !== null ? "undone" : is_waiting ? "waiting" : done);

const transfersSheet = ({ transfers }: Contents): Sheet => ({
  name: "Transfers",
  columns: [when("Date"), who("From"), who("To"), column("iSoCC"), ...receipts],
  rows: [
    ...rows(transfers, (line) => [
      moment(line.at),
      line.sender,
      line.recipient,
      line.amount,
      ...receiptsOf(line),
    ]),
    totalRow([null, null, sumOf(transfers, ({ amount }) => amount)]),
  ],
});

function cacheSheet({ accounts, cache_days }: Contents): Sheet {
  const { opening, closing } = cacheOf(accounts);
  let balance = opening;
  return {
    name: "Cache",
    columns: [
      when("Day"),
      column("Opening"),
      column("Accrued"),
      column("Brought over", 14),
      column("Spent"),
      column("Closing"),
    ],
    rows: [
      ...rows(cache_days, ({ day, accrued, brought_over, spent }) => {
        const before = balance;
        balance += accrued + brought_over - spent;
        return [{ day }, before, accrued, brought_over, spent, balance];
      }),
      totalRow([
        opening,
        sumOf(cache_days, ({ accrued }) => accrued),
        sumOf(cache_days, ({ brought_over }) => brought_over),
        sumOf(cache_days, ({ spent }) => spent),
        closing,
      ]),
    ],
  };
}

function cashOutsSheet({ cash_outs, community }: Contents): Sheet {
  const owed = ({ is_waiting, cash_cents }: CashOutLine) => (is_waiting ? (cash_cents ?? 0) : 0);
  const paid = (line: CashOutLine) => (line.cash_cents ?? 0) - owed(line);
  return {
    name: "Cash-outs",
    columns: [
      when("Date"),
      column("State"),
      who("Vendor"),
      when("Asked"),
      column("iSoCC"),
      column(`Paid ${community.currency}`, 16),
      column("Still held"),
      column(`Owed ${community.currency}`, 16),
      ...receipts,
    ],
    rows: [
      ...rows(cash_outs, (line) => [
        moment(line.at),
        stateOf(line, "paid"),
        line.vendor,
        moment(line.asked_at),
        line.amount,
        { cents: paid(line) },
        line.waiting,
        { cents: owed(line) },
        ...receiptsOf(line),
      ]),
      totalRow([
        ...[null, null, null],
        sumOf(cash_outs, ({ amount }) => amount),
        { cents: sumOf(cash_outs, paid) },
        sumOf(cash_outs, ({ waiting }) => waiting),
        { cents: sumOf(cash_outs, owed) },
      ]),
    ],
  };
}

const othersSheet = ({ others }: Contents): Sheet => ({
  name: "Other",
  columns: [
    when("Date"),
    column("Kind", 16),
    who("Account"),
    column("iSoCC"),
    column("commSoCC"),
    ...receipts,
  ],
  rows: [
    ...rows(others, (line) => [
      moment(line.at),
      line.kind,
      line.owner ?? "cache",
      line.amount,
      line.cached,
      ...receiptsOf(line),
    ]),
    totalRow([
      ...[null, null],
      sumOf(others, ({ amount }) => amount),
      sumOf(others, ({ cached }) => cached),
    ]),
  ],
});
