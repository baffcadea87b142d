import type { Reader } from "../../db/database.ts";
import type { Community } from "../../domain/communities.ts";
import { findMonth, type MonthFound } from "../months.ts";
import { inSnapshot } from "../snapshot.ts";
import { readContents } from "./contents.ts";
import { countLines } from "./lines.ts";
import { sheetsOf } from "./sheets.ts";
import { writeXlsx } from "./xlsx.ts";

/** Journals of a month, and people: so many take some 9 seconds and 500 MB to be read and written. */
const lines_max = 100_000;

export type Workbook =
  | { readonly type: "workbook"; readonly file: Uint8Array }
  | Exclude<MonthFound, { readonly type: "month" }>
  | { readonly type: "too-long"; readonly lines: number; readonly lines_max: number };

/**
 * A community's month as an xlsx file (R22): a summary, its people, and every deed, redemption,
 * transfer, cash-out and other line, read at one moment.
 * @param asked.month `2026-10`; the month that is not over yet is told so far.
 * @throws when a total is not what the ledger has: a bug.
 */
export async function makeWorkbook(
  db: Reader,
  community: Community,
  asked: { readonly month: string; readonly now: Date },
): Promise<Workbook> {
  const { now } = asked;
  const read = await inSnapshot(db, async (trx) => {
    const found = await findMonth(trx, community, { name: asked.month, now });
    if (found.type !== "month") return found;
    const { month } = found;
    const lines = await countLines(trx, community.id, month);
    if (lines > lines_max) return { type: "too-long", lines, lines_max } as const;
    const contents = await readContents(trx, community, { month, now });
    return { type: "contents", contents } as const;
  });
  if (read.type !== "contents") return read;
  return { type: "workbook", file: await writeXlsx(sheetsOf(read.contents)) };
}

/** Why there is no workbook of a month, in words for whoever asked. */
export function whyNot(refused: Exclude<Workbook, { readonly type: "workbook" }>): string {
  switch (refused.type) {
    case "future":
      return "This month has not begun yet.";
    case "before-community":
      return `The community began in ${refused.began}.`;
    case "too-long":
      return `It has ${refused.lines} lines, and a workbook at most ${refused.lines_max}.`;
  }
}
