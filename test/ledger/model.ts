import { chart } from "../../src/ledger/chart.ts";
import type { Journal } from "../../src/ledger/post.ts";

/** The ledger as plain numbers in memory: what the real one must agree with after every step. */
export interface Model {
  readonly post: (journals: readonly Journal[]) => string;
  readonly reserve: (hold: { id: string; once: string; account: string; amount: number }) => string;
  readonly capture: (hold_id: string, journal: Journal) => string;
  readonly release: (hold_id: string, outcome: "released" | "expired", due: boolean) => string;
  readonly reverse: (of: string, id: string, once: string, ratio: number) => string;
  /** By member: posted, held, carry. */
  readonly members: () => Readonly<Record<string, readonly [number, number, number]>>;
  readonly cache: () => number;
}

interface Account {
  posted: number;
  held: number;
  carry: number;
}

interface Written {
  readonly journal: Journal;
  readonly accrued: number;
  readonly reverses?: string;
}

interface Held {
  readonly once: string;
  readonly account: string;
  readonly amount: number;
  ended?: string;
  /** The name of the journal it was captured by. */
  captured_once?: string;
}

/** Answers are one line each: `posted 2 accrued 1`, `refused insufficient-balance 3`. */
export function makeModel(member_ids: readonly string[]): Model {
  const members = new Map<string, Account>(
    member_ids.map((id) => [id, { posted: 0, held: 0, carry: 0 }]),
  );
  const journals = new Map<string, Written>();
  const byOnce = new Map<string, string>();
  const holds = new Map<string, Held>();
  let cache = 0;

  const isKnown = (account: string): boolean =>
    members.has(account) || (Object.values(chart) as string[]).includes(account);

  /** Why a journal may not be posted, with what is to be freed of holds first. */
  const refusal = ({ legs }: Journal, freed: number, cache_change: number): string | undefined => {
    for (const { account, amount } of legs) {
      if (!isKnown(account)) return "refused unknown-account";
      const member = members.get(account);
      const available =
        account === chart.cache ? cache : member && member.posted - member.held + freed;
      if (available !== undefined && amount < 0 && available + amount < 0)
        return `refused insufficient-balance ${-available - amount}`;
    }
    if (cache + cache_change < 0) return `refused insufficient-balance ${-cache - cache_change}`;
    return undefined;
  };

  const write = (journal: Journal, accrued: number, carry: number | undefined): void => {
    for (const { account, amount } of journal.legs) {
      const member = members.get(account);
      if (member) member.posted += amount;
      if (account === chart.cache) cache += amount;
    }
    cache += accrued;
    const earner = members.get(journal.accrual?.earner ?? "");
    if (earner && carry !== undefined) earner.carry = carry;
  };

  const repeated = (journal: Journal, reverses?: string): string | undefined => {
    const known = journals.get(byOnce.get(journal.once) ?? "");
    if (known === undefined) return undefined;
    const same =
      JSON.stringify([known.journal.kind, known.journal.legs]) ===
        JSON.stringify([journal.kind, journal.legs]) && known.reverses === reverses;
    return same ? `repeated accrued ${known.accrued}` : "refused once-differs";
  };

  const postOne = (journal: Journal, freed = 0): string => {
    const before = repeated(journal);
    if (before !== undefined) return before;
    const wrong = refusal(journal, freed, 0);
    if (wrong !== undefined) return wrong;
    const { accrual } = journal;
    const earned = journal.legs.find(({ account }) => account === accrual?.earner)?.amount ?? 0;
    const total = (members.get(accrual?.earner ?? "")?.carry ?? 0) + earned;
    const accrued = accrual ? Math.floor(total / accrual.ratio) : 0;
    write(journal, accrued, accrual && total % accrual.ratio);
    journals.set(journal.id, { journal, accrued });
    byOnce.set(journal.once, journal.id);
    return `posted accrued ${accrued}`;
  };

  const snapshot = () => structuredClone({ members, cache });

  return {
    post: (asked) => {
      const before = snapshot();
      const written: Journal[] = [];
      const answers: string[] = [];
      for (const journal of asked) {
        const answer = postOne(journal);
        if (answer.startsWith("refused")) {
          // All or nothing.
          cache = before.cache;
          for (const [id, account] of before.members) members.set(id, account);
          for (const { id, once } of written) {
            journals.delete(id);
            byOnce.delete(once);
          }
          return answer;
        }
        if (answer.startsWith("posted")) written.push(journal);
        answers.push(answer);
      }
      return answers.join(", ");
    },
    reserve: ({ id, once, account, amount }) => {
      const member = members.get(account);
      if (!member) return "refused unknown-account";
      const known = [...holds.values()].find((hold) => hold.once === once);
      if (known)
        return known.account === account && known.amount === amount
          ? "repeated"
          : "refused once-differs";
      const missing = amount - member.posted + member.held;
      if (missing > 0) return `refused insufficient-balance ${missing}`;
      member.held += amount;
      holds.set(id, { once, account, amount });
      return "reserved";
    },
    capture: (hold_id, journal) => {
      const hold = holds.get(hold_id);
      if (!hold) return "refused unknown-hold";
      const taken = -(journal.legs.find(({ account }) => account === hold.account)?.amount ?? 0);
      if (taken < 1 || taken > hold.amount) return "refused exceeds-hold";
      if (hold.ended !== undefined) {
        if (hold.captured_once !== journal.once) return `refused hold-ended ${hold.ended}`;
        return repeated(journal) ?? "a captured hold has its journal";
      }
      if (byOnce.has(journal.once)) return "refused once-differs";
      const answer = postOne(journal, hold.amount);
      if (!answer.startsWith("posted")) return answer;
      const member = members.get(hold.account);
      if (member) member.held -= hold.amount;
      hold.ended = "captured";
      hold.captured_once = journal.once;
      return answer;
    },
    release: (hold_id, outcome, due) => {
      const hold = holds.get(hold_id);
      if (!hold) return "refused unknown-hold";
      if (hold.ended !== undefined)
        return hold.ended === outcome ? "repeated" : `refused hold-ended ${hold.ended}`;
      if (outcome === "expired" && !due) return "refused not-due";
      const member = members.get(hold.account);
      if (member) member.held -= hold.amount;
      hold.ended = outcome;
      return `ended ${outcome}`;
    },
    reverse: (of, id, once, ratio) => {
      const old = journals.get(of);
      if (!old) return "refused unknown-journal";
      if (old.reverses !== undefined) return "refused is-a-reversal";
      const by = [...journals.values()].find(({ reverses }) => reverses === of);
      if (by && by.journal.once !== once) return "refused already-reversed";
      const { legs, accrual } = old.journal;
      const journal: Journal = {
        ...old.journal,
        id,
        once,
        kind: "reversal",
        legs: legs.map((leg) => ({ ...leg, amount: -leg.amount })),
        ...(accrual && { accrual: { ...accrual, ratio } }),
      };
      const before = repeated(journal, of);
      if (before !== undefined) return before;
      const undone = undo(old, members.get(accrual?.earner ?? "")?.carry ?? 0, ratio);
      const wrong = refusal(journal, 0, undone.accrued);
      if (wrong !== undefined) return wrong;
      write(journal, undone.accrued, accrual && undone.carry);
      journals.set(id, { journal, accrued: undone.accrued, reverses: of });
      byOnce.set(once, id);
      return `posted accrued ${undone.accrued}`;
    },
    members: () =>
      Object.fromEntries(
        [...members].map(([id, { posted, held, carry }]) => [id, [posted, held, carry] as const]),
      ),
    cache: () => cache,
  };
}

/** What undoing an earning takes from the cache, and what it leaves carried. */
function undo(
  { journal, accrued }: Written,
  carry: number,
  ratio: number,
): { accrued: number; carry: number } {
  const { accrual, legs } = journal;
  if (!accrual) return { accrued: 0, carry };
  const earned = legs.find(({ account }) => account === accrual.earner)?.amount ?? 0;
  const given_back = carry + accrued * accrual.ratio - earned;
  const kept = Math.min(Math.floor(given_back / ratio), accrued);
  return { accrued: kept - accrued, carry: given_back - kept * ratio };
}
