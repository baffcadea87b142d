/**
 * Makes a reading cheap to ask for, and one that never keeps anybody waiting for long: what was read
 * is good for `keep_ms`, one reads for all who ask at once, and nobody waits longer than `wait_ms`.
 * @param onError is told why it could not be read, which is not tried again for `keep_ms`; and of
 *   whoever asks and does not have it in time.
 * @returns undefined where it could not be read, or not in time.
 */
export function cached<T>(
  read: () => Promise<T>,
  {
    keep_ms,
    wait_ms,
    onError,
  }: {
    readonly keep_ms: number;
    readonly wait_ms: number;
    readonly onError: (error: unknown) => void;
  },
): () => Promise<T | undefined> {
  let last: { readonly value: T | undefined; readonly until: number } | undefined;
  let reading: Promise<void> | undefined;

  async function readOnce(): Promise<void> {
    let value: T | undefined;
    try {
      value = await read();
    } catch (error) {
      onError(error);
    }
    last = { value, until: performance.now() + keep_ms };
    reading = undefined;
  }

  return async () => {
    if (last !== undefined && last.until > performance.now()) return last.value;
    reading ??= readOnce();
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(() => {
      onError(new Error(`it was not read within ${wait_ms} ms`));
      resolve(undefined);
    }, wait_ms);
    try {
      return await Promise.race([reading.then(() => last?.value), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
