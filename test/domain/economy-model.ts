/** The economy as plain numbers in memory: what the real one must agree with after every step. */
export interface Model {
  readonly earn: (who: string, amount: number) => void;
  readonly order: (order: NewOrder, now: number) => string;
  /** The same act again. */
  readonly again: (order: number) => string;
  /** A vendor gives the order's code, and its key or another. */
  readonly done: (vendor: string, order: number, right_key: boolean, now: number) => string;
  readonly settle: (order: number, now: number) => string;
  readonly cancel: (who: string, order: number) => string;
  /** Expires these, or all that are due. */
  readonly expire: (now: number, which?: readonly number[]) => string;
  /** The member disputes what they collected, and both who decide uphold it. */
  readonly dispute: (order: number, now: number) => string;
  readonly send: (from: string, to: string, amount: number) => string;
  readonly cashOut: (vendor: string, amount: number) => string;
  /** To take back what comes after: @returns how. */
  readonly mark: () => () => void;
  readonly state: () => State;
}

export interface NewOrder {
  readonly member: string;
  readonly reward: string;
  /** Null: the partner hands it over. */
  readonly vendor: string | null;
}

interface Order extends NewOrder {
  readonly amount: number;
  readonly expires_at: number;
  ended: "requested" | "fulfilled" | "cancelled" | "expired";
  fulfilled_at: number;
  disputed: boolean;
  wrong_keys: number;
}

export interface Reward {
  readonly price: number;
  readonly unlock: boolean;
  stock: number | null;
}

/** By name: posted and held; stock by reward; what has left the community. */
export interface State {
  readonly accounts: Readonly<Record<string, readonly [number, number]>>;
  readonly stock: Readonly<Record<string, number | null>>;
  readonly left: number;
  readonly orders: readonly string[];
}

const requested = ({ vendor }: NewOrder): string =>
  vendor === null ? "requested-at-partner" : "requested";

const day = 86_400_000;
const hour = 3_600_000;

export function makeModel(spec: {
  readonly people: readonly string[];
  readonly rewards: Readonly<Record<string, Reward>>;
  readonly cashes_out: ReadonlySet<string>;
  readonly expiry_days: number;
}): Model {
  const accounts = new Map(spec.people.map((name) => [name, { posted: 0, held: 0 }]));
  const rewards = new Map(Object.entries(spec.rewards).map(([code, of]) => [code, { ...of }]));
  const locks = new Map<string, { tries: number; until: number }>();
  let orders: Order[] = [];
  let left = 0;

  const account = (name: string) => accounts.get(name) ?? { posted: 0, held: 0 };
  const free = (name: string): number => account(name).posted - account(name).held;
  const reward = (code: string): Reward =>
    rewards.get(code) ?? { price: 0, unlock: false, stock: null };

  const wrong = (vendor: string, now: number): string => {
    const tries = (locks.get(vendor)?.tries ?? 0) + 1;
    locks.set(vendor, tries < 5 ? { tries, until: 0 } : { tries: 0, until: now + hour });
    return tries < 5 ? `wrong ${5 - tries}` : "locked 60";
  };

  const tooLate = (order?: Order): string =>
    order?.ended === "expired" ? "expired-before" : "ended-before";

  /** As its vendor is told. */
  const howItEnded = ({ ended, amount }: Order): string => {
    if (ended === "cancelled") return "called-off-before";
    if (ended !== "fulfilled") return "expired-before";
    return amount === 0 ? "unlocked-before" : `paid-before ${amount}`;
  };

  /** Who has an unlock in hand must still have what it asks for. */
  const isShort = ({ member, reward: code }: Order): boolean => {
    const { unlock, price } = reward(code);
    return unlock && free(member) < price;
  };

  const isOpenUnlock = (asked: NewOrder): boolean =>
    reward(asked.reward).unlock &&
    orders.some(
      ({ member, reward: code, ended }) =>
        member === asked.member && code === asked.reward && ended === "requested",
    );

  const fulfil = (order: Order, now: number): void => {
    order.ended = "fulfilled";
    order.fulfilled_at = now;
    account(order.member).held -= order.amount;
    account(order.member).posted -= order.amount;
    if (order.vendor === null) left += order.amount;
    else account(order.vendor).posted += order.amount;
  };

  const giveBack = (order: Order, ended: "cancelled" | "expired"): void => {
    order.ended = ended;
    account(order.member).held -= order.amount;
    const of = reward(order.reward);
    if (of.stock !== null) of.stock += 1;
  };

  return {
    earn: (who, amount) => {
      account(who).posted += amount;
    },
    order: (asked, now) => {
      const of = reward(asked.reward);
      if (of.stock === 0) return "out-of-stock";
      if (isOpenUnlock(asked)) return "open-already";
      const missing = of.price - free(asked.member);
      if (missing > 0) return `balance-too-low ${missing}`;
      const amount = of.unlock ? 0 : of.price;
      account(asked.member).held += amount;
      if (of.stock !== null) of.stock -= 1;
      const expires_at = now + spec.expiry_days * day;
      orders.push({
        ...asked,
        amount,
        expires_at,
        ended: "requested",
        fulfilled_at: 0,
        disputed: false,
        wrong_keys: 0,
      });
      return `${requested(asked)} ${free(asked.member)}`;
    },
    again: (at) => {
      const order = orders[at];
      return order === undefined ? "" : `${requested(order)} ${free(order.member)}`;
    },
    done: (vendor, at, right_key, now) => {
      const order = orders[at];
      const { until = 0 } = locks.get(vendor) ?? {};
      if (until > now) return `locked ${Math.ceil((until - now) / 60_000)}`;
      if (order?.vendor !== vendor) return wrong(vendor, now);
      const is_open = order.ended === "requested" && order.expires_at > now;
      // No wrong try, and none before it is forgotten.
      if (!is_open) return right_key ? howItEnded(order) : wrong(vendor, now);
      if (order.wrong_keys === 5) return "key-spent";
      if (!right_key) {
        order.wrong_keys += 1;
        const told = wrong(vendor, now);
        return order.wrong_keys === 5 && told.startsWith("wrong") ? "key-spent" : told;
      }
      locks.delete(vendor);
      if (isShort(order)) return "unlock-short";
      fulfil(order, now);
      if (order.amount === 0) return "unlocked";
      return `settled ${order.amount} ${free(vendor)}`;
    },
    settle: (at, now) => {
      const order = orders[at];
      if (order?.ended !== "requested") return tooLate(order);
      if (order.expires_at <= now) return "expired-before";
      if (isShort(order)) return "unlock-short";
      fulfil(order, now);
      if (order.amount === 0) return "unlocked";
      return `${order.vendor === null ? "settled-at-partner" : "settled"} ${order.amount}`;
    },
    cancel: (who, at) => {
      const order = orders[at];
      if (order?.ended !== "requested") return tooLate(order);
      if (order.member !== who) return "ended-before";
      giveBack(order, "cancelled");
      return `cancelled ${free(who)}`;
    },
    expire: (now, which) => {
      const due = orders.filter(
        ({ ended, expires_at }, at) =>
          ended === "requested" && expires_at <= now && (which?.includes(at) ?? true),
      );
      for (const order of due) giveBack(order, "expired");
      return String(due.length);
    },
    dispute: (at, now) => {
      const order = orders[at];
      const is_open = order?.ended === "fulfilled" && now - order.fulfilled_at < day;
      if (order === undefined || !is_open || order.disputed) return "not-disputable";
      order.disputed = true;
      const { vendor, amount } = order;
      if (vendor !== null && free(vendor) < amount) return `remedy-short ${amount - free(vendor)}`;
      account(order.member).posted += amount;
      if (vendor === null) left -= amount;
      else account(vendor).posted -= amount;
      return "dispute-upheld";
    },
    send: (from, to, amount) => {
      const missing = amount - free(from);
      if (missing > 0) return `balance-too-low ${missing}`;
      account(from).posted -= amount;
      account(to).posted += amount;
      return `sent ${free(from)}`;
    },
    cashOut: (vendor, amount) => {
      if (!spec.cashes_out.has(vendor)) return "no-cash";
      const missing = amount - free(vendor);
      if (missing > 0) return `balance-too-low ${missing}`;
      account(vendor).held += amount;
      return `cash-out-asked ${free(vendor)}`;
    },
    mark: () => {
      const then = structuredClone({ accounts, rewards, locks, orders, left });
      return () => {
        for (const [name, of] of then.accounts) accounts.set(name, of);
        for (const [code, of] of then.rewards) rewards.set(code, of);
        locks.clear();
        for (const [vendor, of] of then.locks) locks.set(vendor, of);
        ({ orders, left } = then);
      };
    },
    state: () => ({
      accounts: Object.fromEntries(
        [...accounts].map(([name, { posted, held }]) => [name, [posted, held] as const]),
      ),
      stock: Object.fromEntries([...rewards].map(([code, { stock }]) => [code, stock])),
      left,
      orders: orders.map(({ ended }) => ended),
    }),
  };
}
