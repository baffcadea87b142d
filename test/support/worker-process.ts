/** A worker as a process of its own, for tests that kill it. What it is made of comes as JSON. */
import { compose, type Parts } from "../../src/compose/service.ts";
import { makeLog } from "../../src/log.ts";

// Written by the test that started this: the types are the same there.
const parts = JSON.parse(process.env["WORKER"] ?? "{}") as Omit<Parts, "now" | "log">;
await compose({ ...parts, now: () => new Date(), log: makeLog("fatal") });
process.stdout.write("working\n");
