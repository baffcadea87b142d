/** One text that reached a phone. */
export interface Received {
  readonly seq: number;
  readonly direction: "to-phone";
  readonly other: string;
  readonly text: string;
  readonly at: string;
}

/** The phones behind the gateway, in memory. */
export interface Phones {
  readonly deliver: (to: string, from: string, text: string) => void;
  /** Texts that reached a phone, oldest first. */
  readonly inbox: (phone: string) => readonly Received[];
}

/** Most texts one phone keeps, and most phones: a demo left running must not grow without end. */
const inbox_max = 200;
const phones_max = 10_000;

export function makePhones(now: () => Date): Phones {
  const inboxes = new Map<string, Received[]>();
  let seq = 0;
  return {
    inbox: (phone) => inboxes.get(phone) ?? [],
    deliver: (to, other, text) => {
      if (!inboxes.has(to) && inboxes.size >= phones_max) inboxes.clear();
      seq += 1;
      const received: Received = {
        seq,
        direction: "to-phone",
        other,
        text,
        at: now().toISOString(),
      };
      inboxes.set(to, [...(inboxes.get(to) ?? []).slice(1 - inbox_max), received]);
    },
  };
}
