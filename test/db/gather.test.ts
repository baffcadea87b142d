import { expect, test } from "vitest";
import { gathered } from "../../src/db/gather.ts";

/** Work that notes what it was given, and answers when it is released. */
function slowWork() {
  const given: (readonly number[])[] = [];
  const releases: (() => void)[] = [];
  const work = async (items: readonly number[]): Promise<readonly number[]> => {
    given.push(items);
    await new Promise<void>((done) => releases.push(done));
    if (items.includes(13)) throw new Error("thirteen");
    return items.map((item) => item * 2);
  };
  return { given, work, release: () => releases.shift()?.() };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test("a call alone goes at once; those that come meanwhile go together, and each gets its own", async () => {
  const { given, work, release } = slowWork();
  const double = gathered(work, 64);
  const first = double(1);
  await turn();
  const others = [double(2), double(3), double(4)];
  await turn();
  expect(given).toEqual([[1]]);
  release();
  expect(await first).toBe(2);
  await turn();
  release();
  expect(await Promise.all(others)).toEqual([4, 6, 8]);
  expect(given).toEqual([[1], [2, 3, 4]]);
});

test("no more go together than may", async () => {
  const { given, work, release } = slowWork();
  const double = gathered(work, 2);
  const all = Promise.all([1, 2, 3].map(double));
  for (let time = 0; time < 2; time += 1) {
    await turn();
    release();
  }
  expect(await all).toEqual([2, 4, 6]);
  expect(given).toEqual([[1, 2], [3]]);
});

test("what fails, all who were in it hear, and the next go on", async () => {
  const { work, release } = slowWork();
  const double = gathered(work, 64);
  const both = Promise.allSettled([double(13), double(1)]);
  await turn();
  release();
  expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = double(5);
  await turn();
  release();
  expect(await next).toBe(10);
});
