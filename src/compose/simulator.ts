import type { FastifyInstance } from "fastify";
import type { Account } from "../gateway/africastalking.ts";
import { makeSimulator, type Simulator } from "../gateway/simulator/simulator.ts";
import { phonePage } from "../pages/phone.ts";
import type { Parts } from "./parts.ts";

const prefix = "/simulator";

/** Makes the gateway that stands in for a real one. @param app what it calls back, once it listens. */
export const simulatorFor = (parts: Parts, app: () => FastifyInstance): Simulator =>
  makeSimulator({
    now: parts.now,
    short_code: parts.demo[0]?.sms_number ?? "SoCC",
    open_inbox: parts.demo.length > 0,
    redeliver_ms: parts.sending?.redeliver_ms,
    // Over HTTP, as the provider's would come.
    post: async (callback, fields) => {
      const path = `/at/${parts.callback_secret}/${callback}`;
      const body = new URLSearchParams(fields);
      const answer = await fetch(app().listeningOrigin + path, { method: "POST", body });
      return { status: answer.status, body: await answer.text() };
    },
    onError: (error) => parts.log.error({ err: error }, "the simulator could not report"),
  });

/** Puts the simulator where `simulatorAccount` looks for it. */
export const addSimulator = async (app: FastifyInstance, simulator: Simulator): Promise<void> => {
  await app.register(simulator.routes, { prefix });
};

/** The account that every simulator has. @param url where the service listens. */
export const simulatorAccount = (url: string): Omit<Account, "timeout_ms"> => ({
  username: "simulator",
  api_key: "simulator",
  base_url: url + prefix,
});

/** Adds `/phone`, to play the people of the demo communities; nothing where there are none. */
export async function addPhonePage(
  app: FastifyInstance,
  { callback_secret, demo }: Parts,
): Promise<void> {
  if (demo.length === 0) return;
  await app.register(phonePage, {
    callbacks: `/at/${callback_secret}`,
    simulator: prefix,
    communities: demo.map(({ slug, name, ussd_code, sms_number, languages }) => {
      return {
        slug,
        name,
        ussd_code: ussd_code ?? null,
        sms_number: sms_number ?? null,
        languages,
      };
    }),
    people: demo.flatMap(({ slug, demo_people }) =>
      demo_people.map((person) => ({ community: slug, ...person })),
    ),
  });
}
