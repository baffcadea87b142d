import assert from "node:assert/strict";
import type { Reader } from "../../db/database.ts";
import type { Community } from "../../domain/communities.ts";
import type { Say } from "../../domain/context.ts";
import { momentIn } from "../../domain/format.ts";
import { findMonth, type MonthFound } from "../months.ts";
import { atOneMoment } from "../snapshot.ts";
import { readLines, readTotals, type BookAsked } from "./lines.ts";
import { whatHappened } from "./words.ts";

export interface BookLine {
  readonly journal_id: string;
  readonly happened_at: Date;
  /** `14/3/26 5:40PM` in the community's time zone. */
  readonly when: string;
  readonly kind: string;
  /** In the language of whose book it is. */
  readonly what: string;
  /** iSoCCs that came, or went when negative. */
  readonly amount: number;
  readonly balance: number;
}

/** Somebody's SoCC Book, whole or of one month, a page at a time (R20). */
export interface Book {
  readonly community: string;
  readonly member_id: string;
  readonly member: string;
  readonly language: string;
  /** `2026-10`; null for the whole book. */
  readonly month: string | null;
  readonly made_at: Date;
  /** As `when` of a line. */
  readonly made_when: string;
  /** What there was before the first line, what came and went, and what there was after the last. */
  readonly opening: number;
  readonly gained: number;
  readonly lost: number;
  readonly closing: number;
  /** Of what there is now, set aside; null for a month that is over. */
  readonly held: number | null;
  /** From 1 to `pages`. */
  readonly page: number;
  readonly pages: number;
  /** What there was before the first line of the page. */
  readonly brought_forward: number;
  /** The oldest first. */
  readonly lines: readonly BookLine[];
}

export type BookMade =
  | { readonly type: "book"; readonly book: Book }
  | { readonly type: "no-such-member" }
  | { readonly type: "no-such-page"; readonly pages: number }
  | Exclude<MonthFound, { readonly type: "month" }>;

/** Some twenty sheets of paper. */
const page_lines = 500;

/**
 * Makes a member's SoCC Book, a vendor's or a group's as well, read at one moment.
 * @param asked.month `2026-10`; the whole book when absent.
 * @throws when its lines are not what the ledger says the account has: a bug, or tampering.
 */
export const makeBook = (
  db: Reader,
  { community, now, say }: { readonly community: Community; readonly now: Date; readonly say: Say },
  asked: {
    readonly member_id: string;
    readonly month: string | undefined;
    readonly page: number;
  },
): Promise<BookMade> =>
  atOneMoment(db, async (trx): Promise<BookMade> => {
    const { member_id, month, page } = asked;
    const found =
      month === undefined ? undefined : await findMonth(trx, community, { name: month, now });
    if (found !== undefined && found.type !== "month") return found;
    const { from, until } = found?.month ?? {};
    const of: BookAsked = { community_id: community.id, member_id, from, until };
    const totals = await readTotals(trx, of);
    if (totals === undefined) return { type: "no-such-member" };
    const { member, language, opening, gained, lost, entered, posted, held } = totals;
    assert(entered === posted, `${member_id}: its lines sum to ${entered}, and it has ${posted}`);
    const pages = Math.max(1, Math.ceil(totals.lines / page_lines));
    if (page > pages) return { type: "no-such-page", pages };
    const raw = await readLines(trx, of, { skip: (page - 1) * page_lines, size: page_lines });
    const [first] = raw;
    const { time_zone } = community;
    const lines = raw.map((line): BookLine => {
      const { journal_id, happened_at, kind, amount, balance } = line;
      const what = whatHappened(line, { community, say, language });
      const when = momentIn(time_zone, happened_at);
      return { journal_id, happened_at, when, kind, what, amount, balance };
    });
    const closing = opening + gained - lost;
    const last = lines.at(-1);
    assert(page < pages || (last?.balance ?? opening) === closing, `${member_id}: ends elsewhere`);
    return {
      type: "book",
      book: {
        ...{ community: community.name, member_id, member, language, month: month ?? null },
        ...{ made_at: now, made_when: momentIn(time_zone, now) },
        ...{ opening, gained, lost, closing },
        held: until === undefined || until > now ? held : null,
        ...{ page, pages, lines },
        brought_forward: first === undefined ? opening : first.balance - first.amount,
      },
    };
  });
