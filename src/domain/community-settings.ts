import type { Reader, Writer } from "../db/database.ts";
import type { Whose } from "./admin-keys.ts";
import { audit } from "./audit.ts";
import {
  channelsWritten,
  communityBySlug,
  communityColumns,
  text_proof,
  type Community,
} from "./communities.ts";
import { foundCommunity } from "./founding.ts";
import type { NewCommunity } from "./community-file.ts";
import { pageOf, type Page, type PageAsked } from "./pages.ts";

/** Everything that is set of a community (R2). */
const columns = [
  ...communityColumns,
  "community.notional_value",
  "community.liquidity_budget",
  "community.stage",
  "community.created_at",
  "partner.name as partner",
] as const;

const described = (db: Reader) =>
  db
    .selectFrom("community")
    .innerJoin("partner", "partner.id", "community.partner_id")
    .select(columns)
    .select(text_proof);

export type CommunityRecord = Awaited<
  ReturnType<ReturnType<typeof described>["executeTakeFirstOrThrow"]>
>;

/** The communities a reader may see (R1), newest first. */
export async function listCommunities(
  db: Reader,
  whose: Whose,
  page: PageAsked,
): Promise<Page<CommunityRecord>> {
  const rows = await described(db)
    .$if(whose.kind === "partner", (query) =>
      query.where("community.partner_id", "=", whose.kind === "partner" ? whose.partner_id : ""),
    )
    .$if(page.after !== undefined, (query) => query.where("community.id", "<", page.after ?? ""))
    .orderBy("community.id", "desc")
    .limit(page.limit + 1)
    .execute();
  return pageOf(rows, page.limit);
}

export const readCommunity = (
  db: Reader,
  { id }: Pick<Community, "id">,
): Promise<CommunityRecord> =>
  described(db).where("community.id", "=", id).executeTakeFirstOrThrow();

/** As readCommunity, and nobody else changes it before the transaction ends. */
export const lockCommunity = (
  trx: Writer,
  { id }: Pick<Community, "id">,
): Promise<CommunityRecord> =>
  described(trx)
    .where("community.id", "=", id)
    .forNoKeyUpdate("community")
    .executeTakeFirstOrThrow();

/** What can be changed at once; what goes by a menu change is in menu-draft.ts (R5, R12). */
export type Settings = Partial<
  Pick<
    CommunityRecord,
    | "name"
    | "help_number"
    | "ussd_code"
    | "sms_number"
    | "claim_expiry_days"
    | "redemption_expiry_days"
    | "send_daily_max"
    | "quorum_percent"
    | "majority_percent"
    | "voting_days"
    | "notional_value"
    | "liquidity_budget"
    | "stage"
    | "pin_reset_wait_hours"
    | "number_change_wait_hours"
  >
>;

type Channel = "ussd_code" | "sms_number";

export type Changed =
  | { readonly type: "changed"; readonly community: CommunityRecord }
  /** Another community answers there. */
  | { readonly type: "channel-taken"; readonly field: Channel };

/** Changes a community's settings. */
export async function changeSettings(
  trx: Writer,
  at: { readonly community: Pick<Community, "id">; readonly now: Date; readonly actor: string },
  changes: Settings,
): Promise<Changed> {
  const before = await lockCommunity(trx, at.community);
  const taken = await takenChannel(trx, changes, before.id);
  if (taken !== undefined) return { type: "channel-taken", field: taken };
  const changed = Object.entries(changes).filter(
    ([key, value]) => before[key as keyof Settings] !== value,
  );
  if (changed.length > 0) {
    await trx
      .updateTable("community")
      .set(Object.fromEntries(changed))
      .where("id", "=", before.id)
      .execute();
    const was = Object.fromEntries(changed.map(([key]) => [key, before[key as keyof Settings]]));
    await audit(
      trx,
      { community_id: before.id, now: at.now },
      {
        actor: at.actor,
        act: "community.changed",
        subject: `community:${before.id}`,
        before: was,
        after: Object.fromEntries(changed),
      },
    );
  }
  return { type: "changed", community: await readCommunity(trx, at.community) };
}

async function takenChannel(
  db: Reader,
  wanted: { readonly [channel in Channel]?: string | null | undefined },
  but_for: string | undefined,
): Promise<Channel | undefined> {
  for (const field of ["ussd_code", "sms_number"] as const) {
    const value = wanted[field];
    if (value === undefined || value === null) continue;
    const other = await db
      .selectFrom("community")
      .select("id")
      .where(field, "in", field === "sms_number" ? channelsWritten(value) : [value])
      .$if(but_for !== undefined, (query) => query.where("id", "!=", but_for ?? ""))
      .executeTakeFirst();
    if (other !== undefined) return field;
  }
  return undefined;
}

export type Founded =
  | { readonly type: "founded"; readonly community: CommunityRecord }
  | { readonly type: "slug-taken" }
  | Extract<Changed, { type: "channel-taken" }>;

/** Founds a community as it is described, for a partner that is added where it is new. */
export async function foundDescribed(
  trx: Writer,
  at: { readonly now: Date; readonly actor: string },
  described: NewCommunity,
): Promise<Founded> {
  if ((await communityBySlug(trx, described.slug)) !== undefined) return { type: "slug-taken" };
  const taken = await takenChannel(trx, described, undefined);
  if (taken !== undefined) return { type: "channel-taken", field: taken };
  const id = await foundCommunity(trx, at, described);
  if (id === undefined) return { type: "slug-taken" };
  return { type: "founded", community: await readCommunity(trx, { id }) };
}
