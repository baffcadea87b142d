import { setTimeout as sleep } from "node:timers/promises";
import { makePoster } from "../support/poster.ts";
import type { Townsperson } from "../support/town.ts";
import {
  balanceByDialling,
  claimByDialling,
  confirmByDialling,
  orderByDialling,
  sendByDialling,
} from "./acts.ts";
import type { Line } from "./line.ts";
import type { Dialled, Record, TextedAct } from "./record.ts";
import type { Shape } from "./shape.ts";
import type { Gateway } from "./texts.ts";

/** Callers, managers and the vendor at work until they are told to stop. */
export interface Load {
  /** Lets every act that was begun come to its end. @throws what a caller met that no person would. */
  readonly stop: () => Promise<void>;
}

/** Members who call at a time, each as soon as the last call and a pause are over. */
const callers = 10;
/** Of the managers, these dial and the others text. */
const dialling_managers = 2;
const pause_ms = { least: 200, more: 600 };
/** A phone may send 60 texts in a minute and begin 120 calls in an hour: managers take their time. */
const between_texts_ms = { least: 1_050, more: 300 };
const between_calls_ms = { least: 2_600, more: 800 };
/** An order's code and key come by text; whoever waits longer gives up. */
const wait_for_order_ms = 30_000;

/** Sets a town to work: what everybody is told goes into the record. */
export function startLoad(shape: Shape, gateway: Gateway, record: Record): Load {
  const { town } = shape;
  const poster = makePoster({ connections: callers + town.managers.length });
  const line: Line = {
    poster,
    url: `${shape.callbacks}/ussd`,
    ussd_code: town.ussd_code,
    onSeen: async (press) => {
      const began = performance.now();
      const seen = await press();
      record.note(seen, performance.now() - began);
      return seen;
    },
  };
  const asked = { stopped: false };
  const again = async (act: () => Promise<unknown>, pause = pause_ms): Promise<void> => {
    while (!asked.stopped) {
      await act();
      await sleep(pause.least + Math.random() * pause.more);
    }
  };
  const dialled = async (act: Promise<Dialled>): Promise<Dialled> => {
    const done = await act;
    record.dialled.push(done);
    return done;
  };
  const texted = async (act: TextedAct, from: Townsperson, text: string): Promise<void> => {
    record.texted.push({ act, id: await gateway.text(from.phone, town.sms_number, text) });
  };
  const orders: { readonly member: Townsperson; readonly at: number }[] = [];

  /** Each phone is one caller's: nobody dials while somebody else's call of that phone is open. */
  const member = (at: number) => async (): Promise<void> => {
    const self = someone(town.members.filter((_, index) => index % callers === at));
    const chance = Math.random();
    if (chance < 0.25) await dialled(claimByDialling(line, self));
    else if (chance < 0.4) await texted("claim", self, "CLAIM GARDEN");
    else if (chance < 0.65)
      await dialled(sendByDialling(line, town, self, someoneElse(town.members, self)));
    else if (chance < 0.75) {
      const { outcome } = await dialled(orderByDialling(line, town, self));
      if (outcome === "done") orders.push({ member: self, at: Date.now() });
    } else await balanceByDialling(line, self);
  };

  /** Answers the requests that come by text, one at a time; each is one manager's to answer. */
  const textingManager = (self: Townsperson, at: number, of: number) => {
    let seen = 0;
    return async (): Promise<void> => {
      for (const { seq, text } of await gateway.inbox(self.phone, seen)) {
        seen = seq;
        const [, code] = / claims .*Reply OK (\w{4}) /.exec(text) ?? [];
        if (code === undefined || code.charCodeAt(3) % of !== at) continue;
        await texted("confirm", self, `OK ${code} ${town.pin}`);
        return;
      }
    };
  };

  const given = new Set<string>();
  const vendor = async (): Promise<void> => {
    const order = orders.shift();
    if (order === undefined) return;
    const inbox = await gateway.inbox(order.member.phone, 0);
    const codes = inbox.flatMap(({ text }) => {
      const [, code, key] = /Code (\d{6})\. Key (\d{5})/.exec(text) ?? [];
      return code === undefined || given.has(code) ? [] : [{ code, key }];
    });
    const [found] = codes;
    if (found !== undefined) {
      given.add(found.code);
      await texted("hand-over", town.vendor, `DONE ${found.code} ${found.key ?? ""}`);
    } else if (Date.now() - order.at < wait_for_order_ms) orders.push(order);
  };

  const texting = town.managers.slice(dialling_managers);
  const working = Promise.all([
    ...Array.from({ length: callers }, (_, at) => again(member(at))),
    ...town.managers
      .slice(0, dialling_managers)
      .map((self) => again(() => dialled(confirmByDialling(line, town, self)), between_calls_ms)),
    ...texting.map((self, at) => again(textingManager(self, at, texting.length), between_texts_ms)),
    again(vendor, between_texts_ms),
  ]);
  // Whoever stops the load is told; until then nobody else asks.
  working.catch(() => undefined);
  return {
    stop: async () => {
      asked.stopped = true;
      try {
        await working;
      } finally {
        poster.close();
      }
    },
  };
}

const someone = (people: readonly Townsperson[]): Townsperson =>
  people[Math.floor(Math.random() * people.length)]!;

function someoneElse(people: readonly Townsperson[], self: Townsperson): Townsperson {
  const found = someone(people);
  return found === self ? someoneElse(people, self) : found;
}
