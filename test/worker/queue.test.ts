import { Redis } from "ioredis";
import { v7 as uuid } from "uuid";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import type { TextKey, Waiting } from "../../src/outbox/sending.ts";
import { openQueue, type QueuePlace, type TextQueue } from "../../src/worker/queue.ts";
import { freshDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";

const textKey = (urgency = 1): Waiting => ({ community_id: uuid(), id: uuid(), urgency });
const keyOf = ({ community_id, id }: Waiting): TextKey => ({ community_id, id });

interface Backend {
  readonly place: QueuePlace;
  readonly drop: () => Promise<void>;
}

async function onPostgres(): Promise<Backend> {
  const { url, drop } = await freshDatabase();
  return { place: { kind: "postgres", url }, drop };
}

/** In a numbered database that no other test file uses. */
async function onRedis(given: string): Promise<Backend> {
  const url = new URL(given);
  url.pathname = "/7";
  const redis = new Redis(url.href);
  const empty = (): Promise<unknown> => redis.flushdb();
  await empty();
  const drop = async (): Promise<void> => {
    await empty();
    await redis.quit();
  };
  return { place: { kind: "redis", url: url.href }, drop };
}

describe.each(["postgres", "redis"] as const)("the queue on %s", (kind) => {
  let backend: Backend | undefined;
  let open: TextQueue[] = [];
  let errors: Error[] = [];

  beforeEach(async (context) => {
    const redis_url = inject("redis_url");
    if (kind === "postgres") backend = await onPostgres();
    else if (redis_url === undefined)
      context.skip("no Redis: set TEST_REDIS_URL, or install Docker or redis-server");
    else backend = await onRedis(redis_url);
    errors = [];
  });
  afterEach(async () => {
    await Promise.all(open.map((queue) => queue.close()));
    open = [];
    await backend?.drop();
    backend = undefined;
  });

  /** One process's worth of queue. */
  const join = (): TextQueue => {
    if (backend === undefined) throw new Error("no backend");
    const queue = openQueue(backend.place, (error) => errors.push(error));
    open.push(queue);
    return queue;
  };
  const leave = async (queue: TextQueue): Promise<void> => {
    open = open.filter((other) => other !== queue);
    await queue.close();
  };
  const workInto = (queue: TextQueue): string[] => {
    const worked: string[] = [];
    queue.work(({ id }) => Promise.resolve(void worked.push(id)));
    return worked;
  };

  test("a text added twice before it is worked is worked once, with all of its key", async () => {
    const [text, last] = [textKey(), textKey()];
    const queue = join();
    await queue.add([text]);
    await queue.add([text, text]);
    await join().add([text]);
    await queue.add([last]);
    const worked: TextKey[] = [];
    queue.work((key) => Promise.resolve(void worked.push(key)));
    await eventually(() => expect(worked).toContainEqual(keyOf(last)));
    await leave(queue);
    expect(worked).toEqual([text, last].map(keyOf));
  });

  test("a text that was worked can be handed over again", async () => {
    const text = textKey();
    const queue = join();
    const worked = workInto(queue);
    await queue.add([text]);
    await eventually(() => expect(worked).toHaveLength(1));
    // It leaves the queue just after its work is done.
    await eventually(async () => {
      await queue.add([text]);
      expect(worked.length).toBeGreaterThan(1);
    });
  });

  test("what was added before anybody worked is worked, though who added it has left", async () => {
    const texts = [textKey(), textKey(), textKey()];
    const adder = join();
    await adder.add(texts);
    await leave(adder);
    const worked = workInto(join());
    await eventually(() => expect(worked).toEqual(texts.map(({ id }) => id)));
  });

  test("work that throws is told of, tried again later, and succeeds", async () => {
    const text = textKey();
    const queue = join();
    const tries: number[] = [];
    queue.work(() => {
      tries.push(performance.now());
      if (tries.length === 1) throw new Error("the gateway is busy");
      return Promise.resolve();
    });
    await queue.add([text]);
    await eventually(() => expect(tries).toHaveLength(2));
    expect(errors.map(({ message }) => message)).toEqual(["the gateway is busy"]);
    // A second, or down to half of it by jitter; the clocks of two machines differ a little.
    const [first = 0, second = 0] = tries;
    expect(second - first).toBeGreaterThan(450);
  });

  test("closing waits for the text in hand, and takes no other", async () => {
    const events: string[] = [];
    const [taken, release] = [
      Promise.withResolvers<undefined>(),
      Promise.withResolvers<undefined>(),
    ];
    const queue = join();
    queue.work(async () => {
      taken.resolve(undefined);
      await release.promise;
      events.push("worked");
    });
    await queue.add([textKey()]);
    await taken.promise;
    const closed = leave(queue).then(() => events.push("closed"));

    const other = join();
    const worked = workInto(other);
    const late = textKey();
    await other.add([late]);
    await eventually(() => expect(worked).toEqual([late.id]));
    expect(events).toEqual([]);
    release.resolve(undefined);
    await closed;
    expect(events).toEqual(["worked", "closed"]);
  });

  test("what is urgent is taken before all that lay there before it", async () => {
    const queue = join();
    const [reminder, answer, receipt, code] = [textKey(3), textKey(2), textKey(1), textKey(1)];
    for (const text of [reminder, answer, receipt, code]) await queue.add([text]);
    const worked: string[] = [];
    queue.work(({ id }) => Promise.resolve(void worked.push(id)), { concurrency: 1 });
    await eventually(() => expect(worked).toHaveLength(4));
    expect(worked).toEqual([receipt, code, answer, reminder].map(({ id }) => id));
  });

  test("says how many texts are in it, those being worked included", async () => {
    const queue = join();
    expect(await queue.size()).toBe(0);
    await queue.add([textKey(1), textKey(2), textKey(3)]);
    expect(await queue.size()).toBe(3);
    const [begun, release] = [
      Promise.withResolvers<undefined>(),
      Promise.withResolvers<undefined>(),
    ];
    queue.work(
      async () => {
        begun.resolve(undefined);
        await release.promise;
      },
      { concurrency: 1 },
    );
    await begun.promise;
    expect(await queue.size()).toBe(3);
    release.resolve(undefined);
    await eventually(async () => expect(await queue.size()).toBe(0));
  });

  test("two processes together take no more in a second than they may", async () => {
    const queues = [join(), join()];
    const times: number[] = [];
    await queues[0]?.add(Array.from({ length: 35 }, () => textKey()));
    const begun = performance.now();
    for (const queue of queues)
      queue.work(() => Promise.resolve(void times.push(performance.now())), { per_second: 10 });
    await eventually(() => expect(times).toHaveLength(35));
    // Four windows of ten: the last begins three seconds after the first, which is not before this. When
    // the first was noted says less: a busy machine may have been late with that one alone.
    expect((times.at(-1) ?? 0) - begun).toBeGreaterThan(2_900);
    const inOne = times.map((at) => times.filter((t) => t >= at && t < at + 900).length);
    // A window may end as the next one begins.
    expect(Math.max(...inOne)).toBeLessThanOrEqual(20);
  });

  test("two processes share the texts and never work one twice", async () => {
    const texts = Array.from({ length: 100 }, () => textKey());
    const worked: string[] = [];
    const both = Promise.withResolvers<undefined>();
    const busy = new Set<TextQueue>();
    const queues = [join(), join()];
    // All of it first: what has been worked may be added again.
    await Promise.all(queues.map((queue) => queue.add(texts)));
    for (const queue of queues)
      queue.work(async ({ id }) => {
        worked.push(id);
        // Nobody goes on before both have taken some.
        if (busy.add(queue).size === queues.length) both.resolve(undefined);
        await both.promise;
      });
    await eventually(() => expect(new Set(worked).size).toBe(texts.length));
    await Promise.all(queues.map(leave));
    expect(worked).toHaveLength(texts.length);
    expect(errors).toEqual([]);
  });
});
