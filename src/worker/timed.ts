/** Work that is done again and again; `stop` waits for what is in hand. */
export interface Timed {
  readonly stop: () => Promise<void>;
}

/**
 * Does work at the start and then every so often, never twice at once. Several processes may run it:
 * the work itself sees to it that only one does it.
 */
export function startTimed(spec: {
  readonly every_ms: number;
  readonly work: () => Promise<void>;
  readonly onError: (error: unknown) => void;
}): Timed {
  let running: Promise<void> | undefined;
  const run = (): void => {
    running ??= spec
      .work()
      .catch(spec.onError)
      .finally(() => {
        running = undefined;
      });
  };
  const timer = setInterval(run, spec.every_ms);
  run();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
