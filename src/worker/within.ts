/** Waits for work to be over, but no longer than this. @throws what the work throws meanwhile. */
export async function within(work: Promise<unknown>, wait_ms: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(resolve, wait_ms, undefined);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
