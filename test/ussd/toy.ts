import { END, flow, type Flow } from "../../src/ussd/flow.ts";
import { choose, confirm, count, pick, pin, type PinVerdict } from "../../src/ussd/questions.ts";
import { advanceWith, offer, type Flows, type Screen, type State } from "../../src/ussd/session.ts";

export interface Book {
  readonly [key: string]: string | number;
  readonly title: string;
  readonly copies: number;
}

/** A library's service: the engine knows no SoCCs, so its tests do not either. */
export interface Library {
  readonly books: () => readonly Book[];
  readonly checkPin: (digits: string) => PinVerdict;
  readonly lend: (loan: {
    once: string;
    title: string;
    copies: number;
  }) => "lent" | "gone" | "closed";
  readonly once: string;
}

const home = flow<Library>("home")
  .ask(
    "choice",
    pick({
      keys: { borrow: 1, hours: 7 },
      shown: () => ["borrow", "hours"],
      fields: () => ({}),
    }),
  )
  .tell(({ choice }) => ({ type: choice }), { borrow: { go: "borrow" }, hours: { go: "hours" } });

const hours = flow<Library>("hours").tell(() => ({ type: "told" }), { told: END });

export const borrow: Flow<Library> = flow<Library>("borrow")
  .ask("book", choose({ from: ({ books }) => books(), line: ({ title }) => ({ name: title }) }))
  .ask(
    "copies",
    count({ max: ({ book }) => book.copies, fields: (_l, { book }) => ({ max: book.copies }) }),
  )
  .ask(
    "agreed",
    confirm(({ book, copies }) => ({ name: book.title, copies })),
  )
  .ask(
    "pin",
    pin(({ checkPin }, digits) => Promise.resolve(checkPin(digits))),
  )
  .act(
    ({ book, copies }, { lend, once }) => ({ type: lend({ once, title: book.title, copies }) }),
    {
      lent: END,
      closed: END,
      gone: { again: "book" },
    },
  );

export const flows: Flows<Library> = {
  home: "home",
  all: new Map([home, hours, borrow].map((each) => [each.name, each])),
};

/** A caller: each press crosses a JSON round trip, as it does through Postgres. */
export function caller(library: Omit<Library, "once">, from: Flows<Library> = flows) {
  let state: State | null = null;
  let shown: Screen | undefined;
  const advance = advanceWith<Library>({
    flows: from,
    depsFor: ({ once }) => ({ ...library, once }),
  });
  const turn = async (reply: string | null): Promise<void> => {
    const next = await advance("call", state, reply);
    state = JSON.parse(JSON.stringify(next.state)) as State;
    shown = next.screen;
  };
  return {
    dial: () => turn(null),
    press: async (...replies: string[]): Promise<void> => {
      for (const reply of replies) await turn(reply);
    },
    resume: (stored: State) => {
      state = stored;
    },
    /** The call breaks off, and the caller dials again. @returns whether it was offered again. */
    redial: async (): Promise<boolean> => {
      const offered = state === null ? undefined : offer(from, { session_id: "broken", state });
      if (offered === undefined) {
        state = null;
        await turn(null);
        return false;
      }
      state = JSON.parse(JSON.stringify(offered.state)) as State;
      shown = offered.screen;
      return true;
    },
    state: (): State => {
      if (state === null) throw new Error("no call");
      return state;
    },
    screen: (): Screen => {
      if (shown === undefined) throw new Error("nothing shown");
      return shown;
    },
    /** `borrow.book`, and the hint where there is one. */
    shows: (): string => {
      if (shown === undefined) throw new Error("nothing shown");
      return `${shown.flow}.${shown.name}${shown.hint ? ` (${shown.hint.name})` : ""}`;
    },
  };
}
