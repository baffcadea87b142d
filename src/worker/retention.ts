import { doEach, inBatches } from "../domain/do-each.ts";

/** Forgets one batch of something. @returns how many rows; 0 when there are no more. */
export type Forget = () => Promise<number>;

/** Most batches of one kind at a time: what is left comes next time. */
const batches_max = 50;

/**
 * Forgets everything whose time is over, in small statements of their own. Several processes may call
 * it: rows that one has in hand the others pass over.
 * @param stop ends it between two batches; what is left comes next time.
 * @throws AggregateError when some of it could not be done; the rest is done all the same.
 */
export const forgetAll = (works: readonly Forget[], stop: AbortSignal): Promise<void> =>
  doEach(works, stop, (work) => inBatches(batches_max, stop, work));
