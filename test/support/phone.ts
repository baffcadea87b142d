import { randomBytes, randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { join } from "node:path";
import { expect, vi } from "vitest";
import type { Simulator } from "../../src/gateway/simulator/simulator.ts";
import { loadWords } from "../../src/words/load.ts";

/** A feature phone. What it posts is what the gateway posts (africas-talking.md). */
export interface Phone {
  /** Dials the community's code, or the one given; a call that broke off is begun again. */
  readonly dials: (code?: string) => Dialled;
  /** Dials again, and sees what is offered of a call that broke off. */
  readonly redials: () => Dialled;
  /** Sends a text; a given id makes it the same text delivered again. @returns the HTTP status. */
  readonly texts: (text: string, id?: string) => Promise<number>;
  /** Waits for a text that matches, and answers what it matched. */
  readonly receives: (pattern: RegExp) => Promise<RegExpMatchArray>;
  readonly inbox: () => readonly string[];
}

/** A call: each press is one callback, in order. Await it to have the steps so far done. */
export interface Dialled extends PromiseLike<undefined> {
  readonly presses: (...replies: string[]) => Dialled;
  /** The screen holds this, and the call goes on. */
  readonly sees: (text: string | RegExp) => Dialled;
  /** The call has ended with this. */
  readonly ends: (text: string | RegExp) => Dialled;
  /** What was last shown, and the fields that asked for it. */
  readonly last: () => Promise<{ answer: string; fields: Fields }>;
}

type Fields = Readonly<Record<string, string>>;

interface Line {
  readonly phone: string;
  readonly ussd_code: string;
  readonly sms_number: string;
  readonly callback_secret: string;
}

export function makePhone(app: FastifyInstance, simulator: Simulator, line: Line): Phone {
  const inbox = (): readonly string[] => simulator.inbox(line.phone).map(({ text }) => text);
  return {
    inbox,
    dials: (code = line.ussd_code) => dial(app, line, code, ["2"]),
    redials: () => dial(app, line, line.ussd_code, []),
    texts: async (text, id = randomUUID()) => {
      const fields = {
        id,
        from: line.phone,
        to: line.sms_number,
        text,
        date: "2026-03-14 14:40:00",
      };
      const answer = await postForm(app, `/at/${line.callback_secret}/sms`, fields);
      return answer.statusCode;
    },
    receives: (pattern) =>
      vi.waitFor(
        () => {
          const matches = inbox().map((text) => pattern.exec(text));
          const found = matches.findLast((match) => match !== null);
          if (!found) throw new Error(`no text matches ${String(pattern)}: ${inbox().join("\n")}`);
          return found;
        },
        { timeout: 8_000, interval: 10 },
      ),
  };
}

interface Shown {
  readonly answer: string;
  readonly fields: Fields;
  readonly text: string;
}

/** The offer to go on with a call that broke off, in every language. */
const offers = [
  ...loadWords(join(import.meta.dirname, "../../menus/words")).languages.values(),
].map(({ screens }) => screens["common"]?.["broken-off"]?.title ?? "");

function dial(
  app: FastifyInstance,
  line: Line,
  code: string,
  whenOffered: readonly string[],
): Dialled {
  const sessionId = `ATUid_${randomBytes(16).toString("hex")}`;
  const turn = async (text: string): Promise<Shown> => {
    const fields = {
      sessionId,
      phoneNumber: line.phone,
      networkCode: "63902",
      serviceCode: code,
      text,
    };
    const answer = await postForm(app, `/at/${line.callback_secret}/ussd`, fields);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    return { answer: answer.body, fields, text };
  };
  const first = turn("").then((shown) =>
    offers.some((offer) => shown.answer.includes(offer)) && whenOffered.length > 0
      ? turn(whenOffered.join("*"))
      : shown,
  );
  return call(turn, first);
}

function call(turn: (text: string) => Promise<Shown>, run: Promise<Shown>): Dialled {
  // The place in the story, so that a failure points to the line of the test.
  const check = (look: (shown: Shown) => void): Dialled => {
    const here = new Error("here");
    const next = run.then((shown) => {
      try {
        look(shown);
      } catch (error) {
        if (error instanceof Error && here.stack !== undefined) error.stack = here.stack;
        throw error;
      }
      return shown;
    });
    return call(turn, next);
  };
  return {
    presses: (...replies) => {
      const next = replies.reduce(
        (before, reply) =>
          before.then(({ text }) => turn(text === "" ? reply : `${text}*${reply}`)),
        run,
      );
      return call(turn, next);
    },
    sees: (text) =>
      check(({ answer }) => {
        expect(answer).toMatch(/^CON /);
        expect(answer).toMatch(text);
      }),
    ends: (text) =>
      check(({ answer }) => {
        expect(answer).toMatch(/^END /);
        expect(answer).toMatch(text);
      }),
    last: () => run,
    then: (done, failed) => run.then(() => undefined).then(done, failed),
  };
}

/** Posts a form to the app, as the gateway does. */
export const postForm = (app: FastifyInstance, url: string, fields: Fields) =>
  app.inject({
    method: "POST",
    url,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    payload: new URLSearchParams(fields).toString(),
  });
