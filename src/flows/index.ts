import type { Flow } from "../ussd/flow.ts";
import type { Flows } from "../ussd/session.ts";
import { balance } from "./balance.ts";
import type { Caller } from "./call.ts";
import { claim } from "./claim.ts";
import { confirm } from "./confirm.ts";
import { help } from "./help.ts";
import { home } from "./home.ts";

const all: readonly Flow<Caller>[] = [home, balance, claim, confirm, help];

/** Everything that can be done by dialling. */
export const flows: Flows<Caller> = {
  home: home.name,
  all: new Map(all.map((flow) => [flow.name, flow])),
};
