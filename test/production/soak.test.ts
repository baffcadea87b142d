import { expect, test } from "vitest";
import { faults } from "./faults.ts";
import { rehearse } from "./rehearsal.ts";

test("a killed web process and a deploy lose nothing and double nothing, and every caller is answered", async (context) => {
  const plan = { seconds: 15, faults: [faults.web_1, faults.deploy] };
  const rehearsed = await rehearse(plan, () => undefined);
  if (rehearsed === undefined) {
    if (process.env["CI"] === "true") throw new Error("no redis-server");
    context.skip("no redis-server on the path to rehearse with");
    return;
  }
  await context.annotate(`rehearsal: ${JSON.stringify(rehearsed.counts)}`);
  expect(rehearsed.complaints).toEqual([]);
  // Nothing to complain of is only worth something where much was done.
  expect(rehearsed.counts["journals"]).toBeGreaterThan(20);
}, 180_000);
