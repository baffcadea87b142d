import fc from "fast-check";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { flow } from "../../src/ussd/flow.ts";
import { confirm, pin } from "../../src/ussd/questions.ts";
import type { Flows } from "../../src/ussd/session.ts";
import { caller, type Book, type Library } from "./toy.ts";

const shelf: readonly Book[] = [
  { title: "Half of a Yellow Sun", copies: 1 },
  { title: "Dust", copies: 3 },
];

describe("a session is its answers", () => {
  const lend = vi.fn<Library["lend"]>(() => "lent");
  const books = vi.fn<Library["books"]>(() => shelf);
  const library = {
    lend,
    books,
    checkPin: (digits: string) =>
      digits === "2468" ? { type: "right" as const } : { type: "wrong" as const, tries_left: 2 },
  };
  beforeEach(() => {
    lend.mockReset().mockReturnValue("lent");
    books.mockReset().mockReturnValue(shelf);
  });

  test("the screen is the first unanswered question, the act comes at the end", async () => {
    const call = caller(library);
    await call.dial();
    expect(call.shows()).toBe("home.choice");
    await call.press("1", "2", "3", "1");
    expect(call.shows()).toBe("borrow.pin");
    expect(lend).not.toHaveBeenCalled();
    await call.press("2468");
    expect(call.shows()).toBe("borrow.lent");
    expect(call.screen().end).toBe(true);
    expect(lend).toHaveBeenCalledExactlyOnceWith({ once: "ussd:call:1", title: "Dust", copies: 3 });
  });

  test("an answer that settles itself is not asked for, nor gone back to", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1", "1");
    expect(call.shows()).toBe("borrow.agreed");
    await call.press("0");
    expect(call.shows()).toBe("borrow.book");
  });

  test("Back drops the last answer, Main all of them; at the first question Back is Main", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1", "2", "2", "0");
    expect(call.shows()).toBe("borrow.copies");
    await call.press("0", "0");
    expect(call.shows()).toBe("home.choice");
    await call.press("1", "2", "00");
    expect(call.shows()).toBe("home.choice");
  });

  test("a reply is read against what was shown, though the shelf changed meanwhile", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1");
    books.mockReturnValue([{ title: "Petals of Blood", copies: 1 }]);
    await call.press("2", "1", "1", "2468");
    expect(lend).toHaveBeenCalledWith(expect.objectContaining({ title: "Dust" }));
  });

  test("what cannot be read asks again with one line of help", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("5");
    expect(call.shows()).toBe("home.choice (not-on-list)");
    await call.press("1", "2", "4");
    expect(call.shows()).toBe("borrow.copies (not-a-count)");
    await call.press("1", "9");
    expect(call.shows()).toBe("borrow.agreed (press-one)");
    await call.press("1", "12345");
    expect(call.shows()).toBe("borrow.pin (not-a-pin)");
    await call.press("0000");
    expect(call.shows()).toBe("borrow.pin (wrong-pin)");
  });

  test("the PIN is never in the state", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1", "2", "3", "1", "1357");
    expect(JSON.stringify(call.state())).not.toContain("1357");
    await call.press("2468");
    expect(JSON.stringify(call.state())).not.toContain("2468");
  });

  test("gone meanwhile: back to the list with a hint, later answers forgotten, a new act's name", async () => {
    lend.mockReturnValueOnce("gone");
    const call = caller(library);
    await call.dial();
    await call.press("1", "2", "3", "1", "2468");
    expect(call.shows()).toBe("borrow.book (gone)");
    expect(call.state().answers).toEqual([]);
    await call.press("1", "1", "2468");
    expect(lend.mock.calls.map(([{ once }]) => once)).toEqual(["ussd:call:1", "ussd:call:2"]);
  });

  test("a deploy that changed the flow starts it over, with nothing done", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1", "2", "3", "1");
    const old = { ...call.state(), shape: "book:choose pin:pin" };
    call.resume(old);
    await call.press("2468");
    expect(call.shows()).toBe("borrow.book (started-again)");
    call.resume({ ...old, flow: "renew" });
    await call.press("1");
    expect(call.shows()).toBe("home.choice (started-again)");
    expect(lend).not.toHaveBeenCalled();
  });

  test("a call that broke off is offered again, and goes on under the name of its act", async () => {
    const call = caller(library);
    await call.dial();
    await call.press("1", "2", "3", "1");
    expect(await call.redial()).toBe(true);
    expect(call.shows()).toBe("common.broken-off");
    await call.press("7");
    expect(call.shows()).toBe("common.broken-off (not-on-list)");
    await call.press("1");
    expect(call.shows()).toBe("borrow.pin");
    await call.press("2468");
    expect(lend).toHaveBeenCalledExactlyOnceWith({ once: "ussd:call:1", title: "Dust", copies: 3 });
    expect(await call.redial()).toBe(false);
  });

  test("or is begun anew, as the caller likes", async () => {
    const call = caller(library);
    await call.dial();
    expect(await call.redial()).toBe(false);
    await call.press("1", "2");
    expect(await call.redial()).toBe(true);
    await call.press("2");
    expect(call.shows()).toBe("home.choice");
    expect(call.state().offered).toBeNull();
  });

  test("it is never taken up again past a PIN", async () => {
    const pinFirst = flow<Library>("renew")
      .ask(
        "pin",
        pin(() => Promise.resolve({ type: "right" as const })),
      )
      .ask(
        "agreed",
        confirm(() => ({})),
      )
      .tell(() => ({ type: "told" as const }), { told: { end: true } });
    const only: Flows<Library> = { home: "renew", all: new Map([["renew", pinFirst]]) };
    const call = caller(library, only);
    await call.dial();
    await call.press("2468");
    expect(call.shows()).toBe("renew.agreed");
    expect(await call.redial()).toBe(false);
    expect(call.shows()).toBe("renew.pin");
  });

  test("flows that lead to each other without asking are a bug, not a hang", async () => {
    const spin = flow<Library>("home").tell(() => ({ type: "on" as const }), {
      on: { go: "home" },
    });
    const round: Flows<Library> = { home: "home", all: new Map([["home", spin]]) };
    await expect(caller(library, round).dial()).rejects.toThrow("without asking anything");
  });

  test("whatever is pressed, effects come from the act alone and never without the right PIN", async () => {
    const key = fc.constantFrom("0", "00", "98", "1", "2", "3", "7", "2468", "0000", "", "*", "x");
    await fc.assert(
      fc.asyncProperty(fc.array(key, { maxLength: 40 }), async (keys) => {
        lend.mockClear();
        const call = caller(library);
        await call.dial();
        for (const pressed of keys) {
          if (call.screen().end) break;
          const before = lend.mock.calls.length;
          await call.press(pressed);
          if (lend.mock.calls.length > before) expect(pressed).toBe("2468");
        }
      }),
      { numRuns: 300 },
    );
  });
});

// What the types must refuse. Never run: tsc reads it, and an unused @ts-expect-error fails.
export function refusedAtCompileTime(): void {
  const agreed = confirm(() => ({}));
  const asked = flow<Library>("x").ask("agreed", agreed);
  // @ts-expect-error a key is asked once
  asked.ask("agreed", agreed);
  // @ts-expect-error an answer not yet given cannot be read
  confirm<Library, { agreed: true }>(({ book }) => ({ book: String(book) }));
  const lent = (): { type: "lent" | "gone" } => ({ type: "lent" });
  // @ts-expect-error every outcome needs an ending
  asked.act(lent, { lent: { end: true } });
  // @ts-expect-error `again` names a question of this flow
  asked.act(lent, { lent: { end: true }, gone: { again: "shelf" } });
}
