/**
 * Makes many calls one: those that come while one is under way are done together by the next, so
 * that a busy worker does not go to the database for each text. Alone, a call waits for nobody.
 * @param work answers for each item, in order; what it throws, each of its callers gets.
 * @param together_max most items of one call.
 */
export function gathered<T, R>(
  work: (items: readonly T[]) => Promise<readonly R[]>,
  together_max: number,
): (item: T) => Promise<R> {
  interface Call {
    readonly item: T;
    readonly answer: PromiseWithResolvers<R>;
  }
  let waiting: Call[] = [];
  let busy = false;

  async function drain(): Promise<void> {
    while (waiting.length > 0) {
      // Whoever calls in this same turn comes along.
      await Promise.resolve();
      const calls = waiting.slice(0, together_max);
      waiting = waiting.slice(together_max);
      await answer(calls);
    }
    busy = false;
  }

  async function answer(calls: readonly Call[]): Promise<void> {
    try {
      const results = await work(calls.map(({ item }) => item));
      if (results.length !== calls.length) throw new Error("one answer for each item is wanted");
      // The lengths are the same, whatever a result is.
      for (const [at, call] of calls.entries()) call.answer.resolve(results[at] as R);
    } catch (error) {
      for (const call of calls) call.answer.reject(error);
    }
  }

  return (item) => {
    const call = { item, answer: Promise.withResolvers<R>() };
    waiting.push(call);
    if (!busy) {
      busy = true;
      void drain();
    }
    return call.answer.promise;
  };
}
