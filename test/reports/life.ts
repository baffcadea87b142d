import { v7 as uuid } from "uuid";
import { claimDeed } from "../../src/domain/claims.ts";
import { confirmClaims } from "../../src/domain/decisions.ts";
import type { Member } from "../../src/domain/members.ts";
import { chart } from "../../src/ledger/chart.ts";
import { post, type Journal } from "../../src/ledger/post.ts";
import { autocommit } from "../support/ledger.ts";
import type { Market } from "../support/market.ts";

/** What happens in a market over some months. */
export interface Life {
  /** The clock goes on to this moment. */
  readonly on: (moment: string) => void;
  /** Somebody does a deed and Grace confirms it. @returns the journal's id. */
  readonly did: (member: Member, code: string, units?: number) => Promise<string>;
  /** A journal of any kind. */
  readonly posted: (kind: string, legs: Journal["legs"]) => Promise<void>;
  /** What somebody had in their SoCC Book, and what was in the community's cache. */
  readonly broughtOver: (member: Member, isoccs: number, commsoccs: number) => Promise<void>;
  readonly newestJournal: (kind: string) => Promise<string>;
}

export function lifeIn(market: Market): Life {
  const { db, clock, community, act, grace } = market;
  const posted: Life["posted"] = async (kind, legs) => {
    const journal = { id: uuid(), once: uuid(), kind, happened_at: clock.now(), legs };
    await post(autocommit(db), community.id, [journal]);
  };
  const newestJournal: Life["newestJournal"] = async (kind) => {
    const { id } = await db
      .selectFrom("ledger.journal")
      .select("id")
      .where("kind", "=", kind)
      .orderBy("id", "desc")
      .limit(1)
      .executeTakeFirstOrThrow();
    return id;
  };
  return {
    posted,
    newestJournal,
    on: (moment) => clock.moveOn({ seconds: (Date.parse(moment) - clock.now().getTime()) / 1000 }),
    did: async (member, code, units = 1) => {
      const { id: deed_id } = await db
        .selectFrom("deed")
        .select("id")
        .where("code", "=", code)
        .executeTakeFirstOrThrow();
      const spec = { once: uuid(), member, deed_id, units };
      const claimed = await act((context) => claimDeed(context, spec));
      if (claimed.type !== "claimed") throw new Error(claimed.type);
      const codes = [claimed.fields.code];
      await act((context) => confirmClaims(context, { manager: grace, codes }));
      return await newestJournal("earning");
    },
    broughtOver: (member, isoccs, commsoccs) =>
      posted("opening", [
        { account: chart.opening, unit: "iSoCC", amount: -isoccs },
        { account: member.id, unit: "iSoCC", amount: isoccs },
        { account: chart.comm_opening, unit: "commSoCC", amount: -commsoccs },
        { account: chart.cache, unit: "commSoCC", amount: commsoccs },
      ]),
  };
}
