import { benchConfirm } from "./confirm.ts";
import { benchLedger } from "./ledger.ts";
import { benchUssd } from "./ussd.ts";
import { benchSms } from "./sms.ts";

/** What can be measured, by the first argument: `npm run bench -- ledger --seconds 2 …`. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<boolean>>> = {
  ledger: benchLedger,
  ussd: benchUssd,
  sms: benchSms,
  confirm: benchConfirm,
};

const [name = "", ...args] = process.argv.slice(2);
const bench = benches[name];
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join(" | ")} [options]`);
  process.exitCode = 2;
} else if (!(await bench(args))) {
  process.exitCode = 1;
}
