import type pg from "pg";
import { asOwner } from "../bench/books.ts";
import { receiptCode } from "../../src/domain/codes.ts";
import type { Verification } from "../../src/ledger/verify.ts";
import type { Tally } from "../../src/gateway/simulator/tally.ts";
import type { Fault } from "./faults.ts";
import type { Known } from "./gateway.ts";
import type { Dialled, DialledAct, PhaseCount, Record, TextedAct } from "./record.ts";
import type { Shape } from "./shape.ts";

/** What a run is judged by; an empty list of complaints is what is wanted. */
export interface Findings {
  readonly complaints: readonly string[];
  /** What was counted, for whoever reads the report. */
  readonly counts: Readonly<{ [name: string]: number }>;
}

/** Everything the database holds of the town, after the load. */
interface Books {
  readonly journals: readonly JournalRow[];
  readonly claims: readonly Once[];
  readonly redemptions: readonly Once[];
  readonly inbound: readonly { readonly gateway_id: string; readonly outcome: string }[];
  readonly messages: readonly MessageRow[];
  /** What each session was last shown. */
  readonly replies: ReadonlyMap<string, string>;
}

interface Once {
  readonly once: string;
}

interface JournalRow extends Once {
  readonly id: string;
  readonly kind: string;
}

interface MessageRow {
  readonly purpose: string;
  readonly text: string;
  readonly state: string;
  readonly reason: string | null;
  readonly gateway_id: string | null;
}

/** Holds the ledger and the texts against what callers and the gateway know. */
export async function audit(
  shape: Shape,
  record: Record,
  known: { readonly faults: readonly Fault[]; readonly gateway: Known; readonly tally: Tally },
): Promise<Findings> {
  const [books, verification] = await Promise.all([
    asOwner(shape.database_url, (owner) => readBooks(owner, shape.town.community_id)),
    verifyBooks(shape),
  ]);
  const complaints = [
    ...(verification.ok ? [] : [`the books: ${JSON.stringify(verification.mismatches)}`]),
    ...callersComplaints(record.phases, known.faults),
    ...record.dialled.flatMap((act) => dialledComplaint(act, books)),
    ...record.texted.flatMap((act) => textedComplaint(act.act, outcomesOf(books, act.id))),
    ...strangers(record, books),
    ...receiptComplaints(books),
    ...books.messages.flatMap((text) => textComplaint(text, known.gateway)),
    ...gatewayComplaints(known),
    ...logComplaints(shape),
  ];
  return { complaints, counts: countsOf(record, books, verification) };
}

async function readBooks(owner: pg.Client, community_id: string): Promise<Books> {
  const rows = async <T>(text: string): Promise<readonly T[]> =>
    // Each statement names the columns of its row.
    (await owner.query(text, [community_id])).rows as T[];
  const sessions = await rows<{ id: string; reply: string }>(
    "select id, reply from ussd_session where community_id = $1",
  );
  return {
    journals: await rows(
      "select id, kind, once from ledger.journal where community_id = $1 and kind <> 'opening'",
    ),
    claims: await rows("select once from claim where community_id = $1"),
    redemptions: await rows("select once from redemption where community_id = $1"),
    inbound: await rows("select gateway_id, outcome from inbound_message where community_id = $1"),
    messages: await rows(
      "select purpose, text, state, reason, gateway_id from message where community_id = $1",
    ),
    replies: new Map(sessions.map(({ id, reply }) => [id, reply])),
  };
}

async function verifyBooks({ front, town, admin_key }: Shape): Promise<Verification> {
  const answer = await fetch(`${front}/admin/v1/communities/${town.slug}/ledger/verify`, {
    headers: { authorization: `Bearer ${admin_key}` },
  });
  if (answer.status !== 200) throw new Error(`the admin API answered ${answer.status}`);
  // The service checks its answers against their schema.
  return (await answer.json()) as Verification;
}

/** No press may be answered with anything but 200 and a screen, and broken connections have a reason. */
function callersComplaints(
  phases: readonly PhaseCount[],
  faults: readonly Fault[],
): readonly string[] {
  return phases.flatMap(({ name, wrong, late, cut, apologies, first_wrong }) => {
    const fault = faults.find((each) => each.name === name);
    return [
      ...(wrong > 0
        ? [`${name}: ${wrong} answers were no screens, e.g. ${first_wrong ?? ""}`]
        : []),
      ...(late > 0 ? [`${name}: ${late} presses were not answered within 10 s`] : []),
      ...(cut > 0 && fault?.cuts !== true
        ? [`${name}: ${cut} connections broke that nobody cut`]
        : []),
      ...(apologies > 0 && fault === undefined ? [`${name}: ${apologies} apologies`] : []),
    ];
  });
}

/** How often an act by dialling is in the ledger, by the session it was done in. */
const found = (books: Books, { act, session_id, code }: Dialled): number => {
  const of = (rows: readonly Once[]): number =>
    rows.filter(({ once }) => once.startsWith(`ussd:${session_id}:`)).length;
  switch (act) {
    case "claim":
      return of(books.claims);
    case "redeem":
      return of(books.redemptions);
    case "send":
      return of(books.journals);
    case "confirm":
      // Its journal is named after the claim, which the screen does not name: the receipt does.
      return earnings(books, code === "" ? (shownCode(books, session_id) ?? "") : code);
  }
};

const earnings = ({ journals }: Books, receipt: string): number =>
  journals.filter(({ id, kind }) => kind === "earning" && receiptCode(id) === receipt).length;

/** What a confirmation came to whose caller did not see it. */
const shownCode = ({ replies }: Books, session_id: string): string | undefined =>
  /^END (S\w{7}) Confirmed/.exec(replies.get(session_id) ?? "")?.[1];

function dialledComplaint(act: Dialled, books: Books): readonly string[] {
  const times = found(books, act);
  const right = act.outcome === "open" ? times <= 1 : times === (act.outcome === "done" ? 1 : 0);
  return right
    ? []
    : [
        `a ${act.act} answered as ${act.outcome} is there ${times} times: ` +
          `${act.session_id}, ${act.ended_at.toISOString()}`,
      ];
}

const outcomesOf = ({ inbound }: Books, id: string): readonly string[] =>
  inbound.filter(({ gateway_id }) => gateway_id === id).map(({ outcome }) => outcome);

/** What an act by text may come to; a claim may have been decided by another manager. */
const texted_outcomes: Readonly<{ [act in TextedAct]: readonly string[] }> = {
  claim: ["claim.claimed", "claim.too-many"],
  confirm: ["ok.confirmed", "no-such-claim"],
  "hand-over": ["redemption-paid"],
};

function textedComplaint(act: TextedAct, outcomes: readonly string[]): readonly string[] {
  const [outcome] = outcomes;
  const right = outcomes.length === 1 && texted_outcomes[act].includes(outcome ?? "");
  return right ? [] : [`a ${act} by text came to ${outcomes.join(", ") || "nothing"}`];
}

/** Whatever is in the ledger is somebody's act: nothing was done twice under another name. */
function strangers(record: Record, books: Books): readonly string[] {
  const dialled = (act: DialledAct): number =>
    record.dialled
      .filter((each) => each.act === act)
      .reduce((sum, each) => sum + found(books, each), 0);
  const texted = (outcome: string): number =>
    books.inbound.filter((each) => each.outcome === outcome).length;
  const journals = (kind: string): number =>
    books.journals.filter((each) => each.kind === kind).length;
  const sums: readonly (readonly [what: string, there: number, known: number])[] = [
    ["claims", books.claims.length, dialled("claim") + texted("claim.claimed")],
    ["earnings", journals("earning"), dialled("confirm") + texted("ok.confirmed")],
    ["transfers", journals("transfer"), dialled("send")],
    ["orders", books.redemptions.length, dialled("redeem")],
    ["hand-overs", journals("redemption"), texted("redemption-paid")],
  ];
  return sums.flatMap(([what, there, known]) =>
    there === known ? [] : [`${there} ${what} are there, and ${known} are known of`],
  );
}

/** Receipts of each kind of journal: to whoever earned; to both of a transfer and a hand-over. */
const receipts_of: Readonly<{ [kind: string]: number }> = {
  earning: 1,
  transfer: 2,
  redemption: 2,
};

/** R34: a journal and its receipts commit together. A vendor who hands over by text is answered by theirs. */
function receiptComplaints({ journals, messages }: Books): readonly string[] {
  const texts = Map.groupBy(messages, ({ text }) => text.slice(0, 8));
  return journals.flatMap(({ id, kind }) => {
    const purposes = kind === "redemption" ? ["receipt", "answer"] : ["receipt"];
    const receipts = texts.get(receiptCode(id))?.filter((text) => purposes.includes(text.purpose));
    const there = receipts?.length ?? 0;
    return there === receipts_of[kind] ? [] : [`${kind} ${id} has ${there} receipts`];
  });
}

/** Final, or waiting or unknown with a reason; sent only where the service heard no report. */
function textComplaint(
  { state, reason, gateway_id }: MessageRow,
  { unreported }: Known,
): readonly string[] {
  switch (state) {
    case "delivered":
      return [];
    case "failed":
    case "unknown":
    case "queued":
      return reason === null ? [`a text is ${state} without a reason`] : [];
    case "sent":
      return unreported.includes(gateway_id ?? "")
        ? []
        : ["a text is sent, and its report was lost"];
    default:
      return [`a text is ${state}`];
  }
}

function gatewayComplaints({
  gateway,
  tally,
}: {
  readonly gateway: Known;
  readonly tally: Tally;
}): readonly string[] {
  const { again_after_accepted, delivered_twice } = tally;
  return [
    ...(gateway.untaken.length > 0
      ? [`${gateway.untaken.length} texts from phones were never taken`]
      : []),
    ...(again_after_accepted > 0
      ? [`${again_after_accepted} texts were sent again after they had been accepted`]
      : []),
    ...(delivered_twice > 0 ? [`${delivered_twice} texts reached their phone twice`] : []),
  ];
}

/** Also what is logged when everything breaks holds no secret and no whole number. */
function logComplaints({ logs, secrets, town }: Shape): readonly string[] {
  const text = logs();
  const phones = [...town.members, ...town.managers, town.vendor].map(({ phone }) =>
    phone.slice(1),
  );
  const shown = [...secrets, ...phones].filter((word) => text.includes(word));
  return shown.length > 0 ? [`the logs hold ${shown.length} secrets or whole numbers`] : [];
}

function countsOf(
  { dialled, texted }: Record,
  { journals, messages }: Books,
  { entries }: Verification,
): Findings["counts"] {
  const states = Map.groupBy(messages, ({ state }) => state);
  const outcomes = Map.groupBy(dialled, ({ outcome }) => outcome);
  return {
    "acts by dialling": dialled.length,
    ...Object.fromEntries(
      [...outcomes].map(([outcome, acts]) => [`  answered as ${outcome}`, acts.length]),
    ),
    "acts by text": texted.length,
    journals: journals.length,
    "entries verified": entries,
    texts: messages.length,
    ...Object.fromEntries([...states].map(([state, texts]) => [`  ${state}`, texts.length])),
  };
}
