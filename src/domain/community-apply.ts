import { isDeepStrictEqual } from "node:util";
import type { Writer } from "../db/database.ts";
import { communityBySlug } from "./communities.ts";
import type { CommunityFile } from "./community-file.ts";
import {
  changeSettings,
  foundDescribed,
  lockCommunity,
  type CommunityRecord,
  type Settings,
} from "./community-settings.ts";
import {
  draftChange,
  drafted_max,
  listChanges,
  type Drafted,
  type MenuChange,
} from "./menu-changes.ts";
import { differences } from "./menu-differences.ts";
import type { MenuContents } from "./menu-draft.ts";
import type { Complaint } from "./menu-items.ts";
import { menuAt } from "./menu-versions.ts";

export type Applied =
  | { readonly type: "founded" }
  | {
      readonly type: "applied";
      /** Settings that were changed at once. */
      readonly settings: readonly string[];
      /** What differs in menus, ratio or cash-out value, waiting for approval; absent: nothing. */
      readonly change: MenuChange | undefined;
    }
  | { readonly type: "wrong"; readonly complaints: readonly Complaint[] }
  | Extract<Drafted, { type: "too-many-drafts" }>;

/**
 * Brings a community to what its file says: founds it where it is not there, changes its settings,
 * and drafts what differs in menus, ratio and cash-out value for the overseer to approve (R5).
 */
export async function applyFile(
  trx: Writer,
  at: { readonly now: Date; readonly actor: string },
  { file, note }: { readonly file: CommunityFile; readonly note: string },
): Promise<Applied> {
  const community = await communityBySlug(trx, file.slug);
  if (community === undefined) {
    const founded = await foundDescribed(trx, at, file);
    if (founded.type === "founded") return { type: "founded" };
    return taken(founded.type === "slug-taken" ? "slug" : founded.field);
  }
  const record = await lockCommunity(trx, community);
  const complaints = unchangeable(file, record);
  if (complaints.length > 0) return { type: "wrong", complaints };

  const settings = changedSettings(file, record);
  const changed = await changeSettings(trx, { ...at, community }, settings);
  if (changed.type === "channel-taken") return taken(changed.field);
  const contents = differences(file, { ...(await menuAt(trx, community.id)), ...record });
  const told = { type: "applied", settings: Object.keys(settings) } as const;
  const waiting = await sameDraft(trx, community.id, contents);
  if (waiting !== undefined) return { ...told, change: waiting };
  const draft = { note, effective_at: undefined, contents };
  const drafted = await draftChange(trx, { ...at, community }, draft);
  switch (drafted.type) {
    case "drafted":
      return { ...told, change: drafted.change };
    case "too-many-drafts":
      return drafted;
    case "wrong": {
      const same = drafted.complaints.length === 1 && drafted.complaints[0]?.path.length === 0;
      if (same) return { ...told, change: undefined };
      return { type: "wrong", complaints: drafted.complaints.map(inFile(contents.deeds, file)) };
    }
  }
}

/** The same file applied again files the same change once. */
async function sameDraft(
  trx: Writer,
  community_id: string,
  contents: MenuContents,
): Promise<MenuChange | undefined> {
  const asked = { limit: drafted_max, status: "drafted" } as const;
  const { items } = await listChanges(trx, community_id, asked);
  return items.find((change) => isDeepStrictEqual(change.contents, contents));
}

const taken = (field: string): Applied => ({
  type: "wrong",
  complaints: [{ path: [field], message: "another community has this already" }],
});

/** What everything that happened since was counted in. */
function unchangeable(file: CommunityFile, record: CommunityRecord): readonly Complaint[] {
  const fixed = ["partner", "country", "currency", "time_zone"] as const;
  const changed = fixed.filter((key) => file[key] !== record[key]);
  const complaints = changed.map((key) => ({
    path: [key],
    message: `cannot be changed: the community was founded with ${record[key]}`,
  }));
  if (file.languages.join() === record.languages.join()) return complaints;
  const message = `cannot be changed: the community speaks ${record.languages.join(", ")}`;
  return [...complaints, { path: ["languages"], message }];
}

function changedSettings(file: CommunityFile, record: CommunityRecord): Settings {
  const wanted = {
    name: file.name,
    help_number: file.help_number,
    ussd_code: file.ussd_code ?? null,
    sms_number: file.sms_number ?? null,
    claim_expiry_days: file.claim_expiry_days,
    redemption_expiry_days: file.redemption_expiry_days,
    send_daily_max: file.send_daily_max,
    quorum_percent: file.quorum_percent,
    majority_percent: file.majority_percent,
    voting_days: file.voting_days,
    stage: file.stage,
    notional_value: kept(file.notional_value, record.notional_value),
    liquidity_budget: kept(file.liquidity_budget ?? null, record.liquidity_budget),
  };
  const changed = Object.entries(wanted).filter(
    ([key, value]) => record[key as keyof Settings] !== value,
  );
  return Object.fromEntries(changed);
}

/** A decimal as it stands, where the file says the same in other digits. */
const kept = (wanted: string | null, now: string | null): string | null =>
  wanted !== null && now !== null && Number(wanted) === Number(now) ? now : wanted;

/** A complaint about the third deed that differs, at that deed's own place in the file. */
const inFile =
  (deeds: readonly { readonly code: string }[], file: CommunityFile) =>
  (complaint: Complaint): Complaint => {
    const [list, at, ...rest] = complaint.path;
    if (list !== "deeds" || typeof at !== "number") return complaint;
    const place = file.deeds.findIndex(({ code }) => code === deeds[at]?.code);
    return { ...complaint, path: ["deeds", place, ...rest] };
  };
