import { people, total } from "./accounts.ts";
import { cacheOf, sumOf, type Contents } from "./contents.ts";
import { deedName } from "./labels.ts";
import type { Cell, Row, Sheet } from "./xlsx.ts";

/** A month at a glance; every number is a total of one of the other sheets, or made of them. */
export const summarySheet = (contents: Contents): Sheet => ({
  name: "Summary",
  columns: [
    { title: contents.community.name, width: 48 },
    { title: "", width: 20 },
    { title: "", width: 12 },
  ],
  rows: [
    ...about(contents),
    ...isoccs(contents),
    ...commsoccs(contents),
    ...use(contents),
    ...deeds(contents),
  ],
});

const row = (...cells: readonly Cell[]): Row => ({ cells });
const heading = (...cells: readonly Cell[]): readonly Row[] => [row(), { cells, is_total: true }];

function about({ community, month, made_at, is_over }: Contents): readonly Row[] {
  return [
    row("Partner", community.partner),
    row("Month", { month: Date.parse(`${month.name}-01T00:00:00Z`) }),
    row("Covers", is_over ? "the whole month" : "the month so far"),
    row("Made", { moment: made_at }),
    row("Dates and times are those of", community.time_zone),
  ];
}

function isoccs({ accounts, figures, redemptions, cash_outs }: Contents): readonly Row[] {
  const persons = people(accounts);
  const held = [...redemptions, ...cash_outs];
  return [
    ...heading("iSoCC"),
    row("With people at the beginning", total(persons, "opening")),
    row("plus earned", figures.earned),
    row("plus brought over, and other", total(persons, "other")),
    row("less spent on rewards that the partner handed over", figures.redeemed_at_partner),
    row("less cashed out by vendors", figures.cashed_out),
    row("With people at the end", total(persons, "closing")),
    row(
      "Of these, held for rewards and cash-outs",
      sumOf(held, ({ waiting }) => waiting),
    ),
  ];
}

function commsoccs({ accounts, cache_days }: Contents): readonly Row[] {
  const { opening, closing } = cacheOf(accounts);
  return [
    ...heading("commSoCC"),
    row("In the cache at the beginning", opening),
    row(
      "plus accrued",
      sumOf(cache_days, ({ accrued }) => accrued),
    ),
    row(
      "plus brought over",
      sumOf(cache_days, ({ brought_over }) => brought_over),
    ),
    row(
      "less spent",
      sumOf(cache_days, ({ spent }) => spent),
    ),
    row("In the cache at the end", closing),
  ];
}

function use({ community, figures }: Contents): readonly Row[] {
  return [
    ...heading("Use"),
    row("Spent on rewards, iSoCC", figures.redeemed),
    row("Sent from one to another, iSoCC", figures.transferred),
    row("Outstanding on average, iSoCC", figures.outstanding_average),
    row("Velocity: spent and sent for each one outstanding", hundredths(figures.velocity)),
    row("Spent on rewards that the partner did not pay for, %", figures.self_sufficiency_percent),
    row(`Paid to vendors, ${community.currency}`, hundredths(figures.cash_paid)),
  ];
}

/** Of a decimal with two places. */
const hundredths = (decimal: string | null): Cell =>
  decimal === null ? null : { cents: Number(decimal.replace(".", "")) };

function deeds(contents: Contents): readonly Row[] {
  const by_name = new Map<string, { count: number; total: number }>();
  for (const { name, sensitive, count, total } of contents.by_kind) {
    const shown = deedName({ deed: name, sensitive }, contents) ?? "earned without a claim";
    const before = by_name.get(shown) ?? { count: 0, total: 0 };
    by_name.set(shown, { count: before.count + count, total: before.total + total });
  }
  return [
    ...heading("Deeds", "times", "iSoCC"),
    ...[...by_name].map(([name, { count, total }]) => row(name, count, total)),
  ];
}
