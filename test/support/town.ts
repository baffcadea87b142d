import { sql } from "kysely";
import { v7 as uuid } from "uuid";
import { openDatabase, type Reader, type Writer } from "../../src/db/database.ts";
import { migrate } from "../../src/db/migrate.ts";
import { inTransaction } from "../../src/db/transaction.ts";
import type { CommunityFile } from "../../src/domain/community-file.ts";
import { foundCommunity } from "../../src/domain/founding.ts";
import type { Role } from "../../src/domain/members.ts";
import { hashPin } from "../../src/domain/pins.ts";
import { addVendor } from "../../src/domain/vendors.ts";
import { chart } from "../../src/ledger/chart.ts";
import { post } from "../../src/ledger/post.ts";
import { communityFiles } from "../../src/compose/menus.ts";
import { prepareQueue } from "../../src/worker/queue.ts";

/** Somebody of the town, with a phone of their own. */
export interface Townsperson {
  readonly id: string;
  readonly phone: string;
}

/** Kisumu with as many people as are wanted, who all have one PIN and speak English. */
export interface Town {
  readonly community_id: string;
  readonly slug: string;
  readonly ussd_code: string;
  readonly sms_number: string;
  readonly pin: string;
  readonly members: readonly Townsperson[];
  readonly managers: readonly Townsperson[];
  /** Serves school supplies, the first reward of the menu. */
  readonly vendor: Townsperson;
}

const pin = "4826";

/**
 * Founds the town in an empty database, in bulk and with everybody's PIN hashed once.
 * @param url signs in as the owner.
 * @param size.opening_balance iSoCCs of each member; none when absent.
 */
export async function foundTown(
  url: string,
  size: {
    readonly members: number;
    readonly managers: number;
    readonly opening_balance?: number;
    readonly pepper: string;
  },
): Promise<Town> {
  await migrate(url);
  await prepareQueue(url);
  const file = communityFiles().find(({ slug }) => slug === "kisumu-manyatta");
  if (file === undefined) throw new Error("the community's file is not there");
  const db = openDatabase({
    url,
    connections_max: 2,
    statement_timeout_ms: 60_000,
    onIdleError: () => undefined,
  });
  const people = {
    members: peopleOf("+2547110", size.members),
    managers: peopleOf("+2547220", size.managers),
    vendors: peopleOf("+2547330", 1),
  };
  try {
    const hash = await hashPin(pin, Buffer.from(size.pepper));
    const community_id = await inTransaction(db, async (trx) => {
      const id = await foundCommunity(trx, { now: new Date(), actor: "service" }, roomy(file));
      if (id === undefined) throw new Error("founded before");
      await addPeople(trx, id, hash, people.members, ["member"]);
      await addPeople(trx, id, hash, people.managers, ["member", "manager"]);
      await addPeople(trx, id, hash, people.vendors, ["vendor"]);
      return id;
    });
    const [vendor] = people.vendors;
    if (vendor === undefined) throw new Error("there is one vendor");
    await inTransaction(db, (trx) =>
      addVendor(trx, community_id, {
        member_id: vendor.id,
        agreement: "small",
        place: "Market",
        serves: ["SCHOOL"],
      }),
    );
    if (size.opening_balance !== undefined)
      await openBalances(db, community_id, people.members, size.opening_balance);
    const { slug, ussd_code = "", sms_number = "" } = file;
    return { community_id, slug, ussd_code, sms_number, pin, ...people, vendor };
  } finally {
    await db.destroy();
  }
}

/** With money and a day's limit for as much as a load can move. */
const roomy = (file: CommunityFile): CommunityFile => ({
  ...file,
  liquidity_budget: "900000000",
  send_daily_max: 1_000_000,
});

const peopleOf = (prefix: string, count: number): readonly Townsperson[] =>
  Array.from({ length: count }, (_, at) => ({
    id: uuid(),
    phone: prefix + String(at).padStart(5, "0"),
  }));

/** Rows of one statement. */
const together = 1_000;

async function addPeople(
  trx: Writer,
  community_id: string,
  hash: string,
  people: readonly Townsperson[],
  roles: readonly Role[],
): Promise<void> {
  const now = new Date();
  const kind = roles.includes("vendor") ? "vendor" : "member";
  for (let at = 0; at < people.length; at += together) {
    const some = people.slice(at, at + together);
    const rows = some.map(({ id, phone }, index) => ({
      ...{ community_id, id, phone, created_at: now, language: "en", guardian_id: null },
      name: `Townsperson ${lettersOf(at + index)}`,
      roles: [...roles],
    }));
    await trx.insertInto("member").values(rows).execute();
    const pins = some.map(({ id }) => ({ community_id, member_id: id, hash, changed_at: now }));
    await trx.insertInto("pin").values(pins).execute();
    await sql`
      select ledger.open_account(${community_id}, id, ${kind})
      from unnest(${some.map(({ id }) => id)}::uuid[]) as id
    `.execute(trx);
  }
}

/** A number in letters, as a name has no digits: 0 is A, 26 is BA. */
const lettersOf = (value: number): string =>
  (value >= 26 ? lettersOf(Math.floor(value / 26)) : "") + String.fromCharCode(65 + (value % 26));

/** Members of one opening journal. */
const opened_together = 100;

async function openBalances(
  db: Reader,
  community_id: string,
  members: readonly Townsperson[],
  balance: number,
): Promise<void> {
  for (let at = 0; at < members.length; at += opened_together) {
    const some = members.slice(at, at + opened_together);
    const id = uuid();
    const legs = [
      { account: chart.opening, unit: "iSoCC" as const, amount: -balance * some.length },
      ...some.map((member) => ({ account: member.id, unit: "iSoCC" as const, amount: balance })),
    ];
    const journal = { id, once: `opening:${id}`, kind: "opening", happened_at: new Date(), legs };
    const answer = await inTransaction(db, (trx) => post(trx, community_id, [journal]));
    if ("refused" in answer) throw new Error(answer.refused);
  }
}
