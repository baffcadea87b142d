/** Lets so much work in at a time; what comes beyond it waits a little, and is then turned away. */
export interface Gate {
  /** @returns what to call when the work is over; undefined for whoever is turned away. */
  readonly enter: () => Promise<Leave | undefined>;
}

type Leave = () => void;

/**
 * Makes a gate. Waiting without end would only make everybody late: whoever has waited for `wait_ms`
 * is told so while somebody still listens.
 */
export function makeGate(limits: {
  readonly inside_max: number;
  readonly waiting_max: number;
  readonly wait_ms: number;
}): Gate {
  let inside = 0;
  // In the order in which they came.
  const waiting = new Set<Leave>();
  const leave = (): void => {
    const [next] = waiting;
    if (next === undefined) inside -= 1;
    else next();
  };
  const wait = (): Promise<Leave | undefined> =>
    new Promise((resolve) => {
      const goIn = (): void => {
        clearTimeout(timer);
        waiting.delete(goIn);
        resolve(leave);
      };
      const timer = setTimeout(() => {
        waiting.delete(goIn);
        resolve(undefined);
      }, limits.wait_ms);
      waiting.add(goIn);
    });
  return {
    enter: async () => {
      if (inside < limits.inside_max) {
        inside += 1;
        return leave;
      }
      return waiting.size < limits.waiting_max ? await wait() : undefined;
    },
  };
}

/** The gates of one process, which share its connections. */
export interface Gates {
  /** Whatever the gateway waits for an answer to. */
  readonly callbacks: Gate;
  /** Texts, before they come to that: after an outage thousands come at once. */
  readonly texts: Gate;
  readonly reports: Gate;
  readonly admin: Gate;
}

/**
 * Shares out the connections of a process: most to callers, who hang on the line, up to a quarter of
 * all to texts, which come again, and to administrators; what is left is for what nobody waits for.
 */
export const makeGates = (connections_max: number): Gates => {
  const quarter = Math.max(1, Math.floor(connections_max / 4));
  return {
    callbacks: makeGate({
      inside_max: Math.max(1, connections_max - quarter - 1),
      waiting_max: 1_000,
      wait_ms: 1_500,
    }),
    texts: makeGate({ inside_max: quarter, waiting_max: 500, wait_ms: 5_000 }),
    // They go to the database many at a time, so these are only those that wait for that.
    reports: makeGate({ inside_max: 2_000, waiting_max: 0, wait_ms: 0 }),
    admin: makeGate({ inside_max: quarter, waiting_max: 100, wait_ms: 5_000 }),
  };
};

/** What came of work that was not let in: there is more to do than can be done in time. */
export interface Busy {
  readonly outcome: "busy";
}

/** Work behind a gate. */
export const behind =
  <A extends readonly unknown[], R>(gate: Gate, work: (...args: A) => Promise<R>) =>
  async (...args: A): Promise<R | Busy> => {
    const leave = await gate.enter();
    if (leave === undefined) return { outcome: "busy" };
    try {
      return await work(...args);
    } finally {
      leave();
    }
  };
