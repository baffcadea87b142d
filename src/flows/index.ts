import type { Flow } from "../ussd/flow.ts";
import type { Flows } from "../ussd/session.ts";
import {
  account,
  changeLanguage,
  changeNumber,
  changePin,
  household,
  keepNumber,
  orders,
} from "./account.ts";
import { enrol, joins } from "./admitting.ts";
import { balance } from "./balance.ts";
import type { Caller, Visitor } from "./call.ts";
import { cashOut, cashOuts } from "./cash-out.ts";
import { claim } from "./claim.ts";
import { community } from "./community.ts";
import { confirm } from "./confirm.ts";
import { dispute, disputes } from "./disputes.ts";
import { firstDial, firstPin } from "./first-dial.ts";
import { handover } from "./handover.ts";
import { help } from "./help.ts";
import { move, reset, settle, witness } from "./helping.ts";
import { home } from "./home.ts";
import { join, stranger } from "./join.ts";
import { manage } from "./manage.ts";
import { propose } from "./propose.ts";
import { record } from "./record.ts";
import { redeem } from "./redeem.ts";
import { send } from "./send.ts";
import { vote } from "./vote.ts";
import { who } from "./who.ts";

const ofMembers: readonly Flow<Caller>[] = [
  ...[who, firstDial, firstPin, home],
  ...[balance, claim, redeem, send, community, help],
  ...[account, orders, changeLanguage, changePin, changeNumber, keepNumber, household],
  ...[confirm, manage, record, enrol, joins, settle, reset, witness, move],
  ...[handover, cashOut, cashOuts],
  ...[dispute, disputes],
  ...[vote, propose],
];
const ofStrangers: readonly Flow<Visitor>[] = [stranger, join];

const byName = <Deps>(all: readonly Flow<Deps>[]): ReadonlyMap<string, Flow<Deps>> =>
  new Map(all.map((flow) => [flow.name, flow]));

/** Everything that can be done by dialling from a phone that serves somebody here. */
export const memberFlows: Flows<Caller> = { home: who.name, all: byName(ofMembers) };

/** What a phone that is nobody's here can do. */
export const strangerFlows: Flows<Visitor> = { home: stranger.name, all: byName(ofStrangers) };

/** Flows with nowhere to go back to. */
export const tops: ReadonlySet<string> = new Set(
  [who, firstDial, home, stranger].map(({ name }) => name),
);

/** All of them, for the check of their words. */
export const allFlows: readonly Flow<never>[] = [...ofMembers, ...ofStrangers];

/** Parts of sentences that screens are filled with. */
export const phrases = ["cap-left", "all-claims"] as const;
