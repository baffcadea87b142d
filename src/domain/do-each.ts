/**
 * Does work for one after the other, until it is asked to stop; what fails for one keeps no other from
 * its turn.
 * @throws AggregateError when some of it could not be done; the rest is done all the same.
 */
export async function doEach<T>(
  all: readonly T[],
  stop: AbortSignal,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const errors: unknown[] = [];
  for (const one of all) {
    if (stop.aborted) break;
    await work(one).catch((error: unknown) => errors.push(error));
  }
  if (errors.length > 0)
    throw new AggregateError(errors, `${errors.length} of ${all.length} could not be done`);
}

/** Does one batch after the other, until one has done nothing, there were many, or it is to stop. */
export async function inBatches(
  batches_max: number,
  stop: AbortSignal,
  batch: () => Promise<number>,
): Promise<void> {
  for (let done = 0; done < batches_max && !stop.aborted; done += 1)
    if ((await batch()) === 0) break;
}
