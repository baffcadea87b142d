/** What the gateway has been asked to send, for tests and demonstrations. */
export interface Tally {
  readonly sends: number;
  /** Sends answered with an accepted status. */
  readonly accepted: number;
  /** Texts that reached a phone, with or without an answer. */
  readonly delivered: number;
  /** Sends of the same words to the same phone after they had been answered as accepted. */
  readonly again_after_accepted: number;
  /** Texts, by phone and words, that reached the phone more than once. */
  readonly delivered_twice: number;
}

export interface Counting {
  readonly count: (send: Counted) => void;
  readonly tally: () => Tally;
}

interface Counted {
  readonly to: string;
  readonly text: string;
  readonly accepted: boolean;
  readonly delivers: boolean;
}

/** Most texts that are told apart; beyond that only the sums go on. */
const texts_max = 100_000;

export function makeTally(): Counting {
  const texts = new Map<string, { accepted: boolean; delivered: number }>();
  const sums = { sends: 0, accepted: 0, delivered: 0, again_after_accepted: 0, delivered_twice: 0 };
  return {
    tally: () => ({ ...sums }),
    count: ({ to, text, accepted, delivers }) => {
      sums.sends += 1;
      sums.accepted += Number(accepted);
      sums.delivered += Number(delivers);
      const key = `${to} ${text}`;
      const known = texts.get(key) ?? { accepted: false, delivered: 0 };
      if (known.accepted) sums.again_after_accepted += 1;
      if (delivers && known.delivered === 1) sums.delivered_twice += 1;
      if (!texts.has(key) && texts.size >= texts_max) return;
      texts.set(key, {
        accepted: known.accepted || accepted,
        delivered: known.delivered + Number(delivers),
      });
    },
  };
}
