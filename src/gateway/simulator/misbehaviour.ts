import { seeded } from "./random.ts";
import type { Fault } from "./faults.ts";
import type { ReportPlan } from "./reports.ts";

/** From now on some sends meet a fault, by chance; the same seed gives the same chances. */
export interface Misbehaviour {
  readonly seed: number;
  /** From 0 to 1: how many of the sends. */
  readonly share: number;
  /** One of these each time, with equal chances. */
  readonly faults: readonly Fault[];
}

/** What is to go wrong next, by phone, and by chance. */
export interface Mischief {
  readonly failNext: (phone: string, ...faults: readonly Fault[]) => void;
  readonly reportNext: (phone: string, ...plans: readonly ReportPlan[]) => void;
  /** Undefined ends it. */
  readonly misbehave: (how: Misbehaviour | undefined) => void;
  readonly takeFault: (phone: string) => Fault | undefined;
  readonly takePlan: (phone: string) => ReportPlan;
}

/** Most phones for which something is set, and most of it for one phone. */
const phones_max = 10_000;
const each_max = 100;

export function makeMischief(): Mischief {
  const faults = new Map<string, readonly Fault[]>();
  const plans = new Map<string, readonly ReportPlan[]>();
  let chance: { how: Misbehaviour; random: () => number } | undefined;
  const byChance = (): Fault | undefined => {
    if (chance === undefined || chance.random() >= chance.how.share) return undefined;
    const { how, random } = chance;
    return how.faults[Math.floor(random() * how.faults.length)];
  };
  return {
    failNext: (phone, ...more) => add(faults, phone, more),
    reportNext: (phone, ...more) => add(plans, phone, more),
    misbehave: (how) => {
      chance = how && { how, random: seeded(how.seed) };
    },
    takeFault: (phone) => take(faults, phone) ?? byChance(),
    takePlan: (phone) => take(plans, phone) ?? {},
  };
}

function add<T>(map: Map<string, readonly T[]>, phone: string, more: readonly T[]): void {
  if (!map.has(phone) && map.size >= phones_max) map.clear();
  map.set(phone, [...(map.get(phone) ?? []), ...more].slice(0, each_max));
}

function take<T>(map: Map<string, readonly T[]>, phone: string): T | undefined {
  const [next, ...rest] = map.get(phone) ?? [];
  if (rest.length > 0) map.set(phone, rest);
  else map.delete(phone);
  return next;
}
