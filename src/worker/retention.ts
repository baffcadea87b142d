/** Forgets one batch of something. @returns how many rows; 0 when there are no more. */
export type Forget = () => Promise<number>;

/** Most batches of one kind at a time: what is left comes next time. */
const rounds_max = 50;

/**
 * Forgets everything whose time is over, in small statements of their own. Every process may call it:
 * rows that one has in hand the others pass over.
 * @throws AggregateError when some of it could not be done; the rest is done all the same.
 */
export async function forgetAll(works: readonly Forget[]): Promise<void> {
  const errors: unknown[] = [];
  for (const work of works)
    try {
      for (let round = 0; round < rounds_max; round += 1) if ((await work()) === 0) break;
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw new AggregateError(errors, "some of what is over was not forgotten");
}
