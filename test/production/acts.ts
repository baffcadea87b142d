import type { Town, Townsperson } from "../support/town.ts";
import { isOffer, openCall, type Line } from "./line.ts";
import type { Dialled, DialledAct, Seen } from "./record.ts";

/** Claims a kitchen garden shift, 10 SoCC: the third deed of the menu. */
export const claimByDialling = (line: Line, { phone }: Townsperson): Promise<Dialled> =>
  dialAct(line, phone, "claim", {
    keys: ["2", "3", "1"],
    done: /^Claim (\w{4}) sent: 10 SoCC/,
  });

/** Sends one SoCC. */
export const sendByDialling = (
  line: Line,
  { pin }: Town,
  from: Townsperson,
  to: Townsperson,
): Promise<Dialled> =>
  dialAct(line, from.phone, "send", {
    keys: ["4", to.phone, "1", "1", pin],
    done: /^(S\w{7}) Sent 1 SoCC/,
  });

/** Orders school supplies, 20 SoCC, at the one vendor who has them. */
export const orderByDialling = (
  line: Line,
  { pin }: Town,
  { phone }: Townsperson,
): Promise<Dialled> =>
  dialAct(line, phone, "redeem", {
    keys: ["3", "1", "1", pin],
    done: /^School supplies is ordered/,
  });

/** A manager confirms one waiting claim of those shown, whichever. */
export const confirmByDialling = (
  line: Line,
  { pin }: Town,
  { phone }: Townsperson,
): Promise<Dialled> =>
  dialAct(line, phone, "confirm", {
    keys: ["8", "1", oneOfGroup, "1", pin],
    done: /^(S\w{7}) Confirmed: 1 claims, 10 SoCC/,
  });

/** Dials for the balance: nothing moves. */
export const balanceByDialling = async (line: Line, { phone }: Townsperson): Promise<void> => {
  await walk(line, phone, ["1"]);
};

/** A key, or one that depends on the screen; undefined where the screen needs none. */
type Key = string | ((screen: string) => string | undefined);

/** Of a deed's several claims the first line is all of them; a single one is not asked about. */
const oneOfGroup: Key = (screen) => {
  if (!/^1\. All /m.test(screen)) return undefined;
  const lines = screen.match(/^\d\. /gm)?.length ?? 2;
  return String(2 + Math.floor(Math.random() * (lines - 1)));
};

async function dialAct(
  line: Line,
  phone: string,
  act: DialledAct,
  { keys, done }: { readonly keys: readonly Key[]; readonly done: RegExp },
): Promise<Dialled> {
  const { session_id, seen, is_last } = await walk(line, phone, keys);
  const code = seen.type === "end" ? done.exec(seen.text) : null;
  const outcome = code === null ? outcomeOf(seen, is_last) : "done";
  return { act, session_id, outcome, code: code?.[1] ?? "", ended_at: new Date() };
}

/** Only the last press can do anything: before it, no answer is as good as a refusal. */
function outcomeOf(seen: Seen, is_last: boolean): Dialled["outcome"] {
  switch (seen.type) {
    case "con":
    case "end":
      return "refused";
    case "nothing-taken":
      return "nothing-taken";
    case "unsure":
    case "cut":
    case "late":
    case "wrong":
      return is_last ? "open" : "refused";
  }
}

/** Dials and presses key after key for as long as the call goes on; a call that broke off stays so. */
async function walk(
  line: Line,
  phone: string,
  keys: readonly Key[],
): Promise<{ readonly session_id: string; readonly seen: Seen; readonly is_last: boolean }> {
  const { session_id, press } = openCall(line, phone);
  let seen = await press("");
  if (seen.type === "con" && isOffer(seen.text)) seen = await press("2");
  for (const [at, key] of keys.entries()) {
    if (seen.type !== "con") return { session_id, seen, is_last: false };
    const reply = typeof key === "string" ? key : key(seen.text);
    if (reply === undefined) continue;
    seen = await press(reply);
    if (at === keys.length - 1) return { session_id, seen, is_last: true };
  }
  return { session_id, seen, is_last: false };
}
