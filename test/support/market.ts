import { v7 as uuid } from "uuid";
import { inTransaction } from "../../src/db/transaction.ts";
import type { Context } from "../../src/domain/context.ts";
import { membersByName, type Member } from "../../src/domain/members.ts";
import { handOverByCode } from "../../src/domain/handover.ts";
import { requestRedemption, type Requested } from "../../src/domain/redemptions.ts";
import { post } from "../../src/ledger/post.ts";
import { sealingKey, unseal } from "../../src/outbox/seal.ts";
import { autocommit, earning } from "./ledger.ts";
import { openKisumu, type Kisumu } from "./kisumu.ts";

/** Kisumu's people with their acts, each in a transaction of its own, without phones or PINs. */
export interface Market extends Kisumu {
  readonly act: <T>(work: (context: Context) => Promise<T>) => Promise<T>;
  readonly person: (name: string) => Promise<Member>;
  readonly earned: (member: Member, amount: number) => Promise<void>;
  /** Orders a reward by its code: at the vendor, or at the partner's. */
  readonly order: (
    member: Member,
    reward: string,
    vendor: Member | null,
    once?: string,
  ) => Promise<Requested>;
  /** A vendor gives a code and a key in one text, as DONE does. */
  readonly done: (
    vendor: Member,
    order: { code: string; key: string },
  ) => ReturnType<typeof handOverByCode>;
  /** What the texts to somebody said, the oldest first: the text's key and what it was filled with. */
  readonly textsTo: (member: Member) => Promise<readonly Said[]>;
  /** Code and key of a member's newest order. */
  readonly codesOf: (member: Member) => Promise<{ code: string; key: string }>;
  readonly newestOrderOf: (member: Member) => Promise<string>;
  readonly stockOf: (reward: string) => Promise<number | null>;
  readonly balanceOf: (member: Member) => Promise<number>;
}

export interface Said {
  readonly text: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** Words nobody reads: the text's key and its fields, so that a test can look at them. */
const say: Context["say"] = (_language, texts, fields) => ({
  text: JSON.stringify({ text: texts[0], fields }),
  segments: 1,
});

export async function openMarket(): Promise<Market> {
  const kisumu = await openKisumu();
  const { db, community, clock, pepper } = kisumu;
  const act: Market["act"] = (work) =>
    inTransaction(db, (trx) => work({ trx, community, now: clock.now(), say, pepper }));
  const rewardOf = (code: string) =>
    db
      .selectFrom("reward")
      .select(["id", "stock"])
      .where("code", "=", code)
      .where("valid_until", "is", null)
      .executeTakeFirstOrThrow();
  const textsTo: Market["textsTo"] = async ({ id: member_id }) => {
    const rows = await db
      .selectFrom("message")
      .select(["id", "recipient", "text", "sealed"])
      .where("member_id", "=", member_id)
      .orderBy("id")
      .execute();
    return rows.map(({ id, recipient, text, sealed }) => {
      const of = { community_id: community.id, id, recipient };
      const whole = sealed === null ? text : unseal(sealingKey(pepper), of, sealed);
      return JSON.parse(whole ?? "{}") as Said;
    });
  };
  return {
    ...kisumu,
    act,
    textsTo,
    person: async (name) => {
      const [found] = await membersByName(db, community.id, name);
      if (found === undefined) throw new Error(`nobody is called ${name}`);
      return found;
    },
    earned: async ({ id }, amount) => {
      await post(autocommit(db), community.id, [earning(id, amount)]);
    },
    order: async (member, reward, vendor, once = uuid()) => {
      const { id: reward_id } = await rewardOf(reward);
      const vendor_id = vendor?.id ?? null;
      return await act((context) =>
        requestRedemption(context, { once, member, reward_id, vendor_id }),
      );
    },
    done: (vendor, { code, key }) =>
      act((context) => handOverByCode(context, { vendor, code, key })),
    codesOf: async (member) => {
      const said = (await textsTo(member)).findLast(({ fields }) => "key" in fields);
      return { code: String(said?.fields["code"]), key: String(said?.fields["key"]) };
    },
    newestOrderOf: async ({ id: member_id }) => {
      const { id } = await db
        .selectFrom("redemption")
        .select("id")
        .where("member_id", "=", member_id)
        .orderBy("id", "desc")
        .limit(1)
        .executeTakeFirstOrThrow();
      return id;
    },
    stockOf: async (reward) => (await rewardOf(reward)).stock,
    balanceOf: async ({ id }) => {
      const row = await db
        .selectFrom("ledger.account")
        .select(["posted", "held"])
        .where("id", "=", id)
        .executeTakeFirstOrThrow();
      return row.posted - row.held;
    },
  };
}
