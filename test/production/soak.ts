import { parseArgs } from "node:util";
import { tell } from "../bench/report.ts";
import { curve } from "./curve.ts";
import { faults, type Fault } from "./faults.ts";
import { report } from "./report.ts";
import { rehearse } from "./rehearsal.ts";

/**
 * `npm run soak -- --minutes 5`: the production rehearsal; exits 1 when something was lost, doubled
 * or answered wrongly. `npm run soak -- --curve`: how much it carries, and what comes after that.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "5" },
    // One fault or several, by their names in faults.ts; all of them when absent.
    faults: { type: "string", default: Object.keys(faults).join(",") },
    curve: { type: "boolean", default: false },
    // Of each step of the curve.
    seconds: { type: "string", default: "10" },
  },
});

const missing = "there is no redis-server on the path to rehearse with";
if (values.curve) {
  if (!(await curve(Number(values.seconds), tell))) throw new Error(missing);
} else {
  const seconds = Number(values.minutes) * 60;
  const chosen = values.faults.split(",").map(faultNamed);
  const rehearsed = await rehearse({ seconds, faults: chosen }, tell);
  if (rehearsed === undefined) throw new Error(missing);
  report(rehearsed, tell);
  if (rehearsed.complaints.length > 0) process.exitCode = 1;
}

function faultNamed(name: string): Fault {
  if (!isFault(name)) throw new Error(`no fault is called ${name}`);
  return faults[name];
}

function isFault(name: string): name is keyof typeof faults {
  return name in faults;
}
