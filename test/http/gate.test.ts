import { describe, expect, test } from "vitest";
import { behind, makeGate } from "../../src/http/gate.ts";

describe("a gate", () => {
  test("lets in as many as it says, and the next in the order in which they came", async () => {
    const gate = makeGate({ inside_max: 2, waiting_max: 10, wait_ms: 5_000 });
    const first = await gate.enter();
    await gate.enter();
    const entered: string[] = [];
    const third = gate.enter().then((leave) => (entered.push("third"), leave));
    const fourth = gate.enter().then((leave) => (entered.push("fourth"), leave));
    first?.();
    (await third)?.();
    await fourth;
    expect(entered).toEqual(["third", "fourth"]);
  });

  test("turns away who has waited for too long, who then takes nobody's place", async () => {
    const gate = makeGate({ inside_max: 1, waiting_max: 10, wait_ms: 20 });
    const leave = await gate.enter();
    expect(await gate.enter()).toBeUndefined();
    leave?.();
    expect(await gate.enter()).toBeDefined();
  });

  test("turns away at once when enough wait", async () => {
    const gate = makeGate({ inside_max: 1, waiting_max: 1, wait_ms: 5_000 });
    const leave = await gate.enter();
    const waiting = gate.enter();
    expect(await gate.enter()).toBeUndefined();
    leave?.();
    expect(await waiting).toBeDefined();
  });

  test("is left also by work that fails", async () => {
    const gate = makeGate({ inside_max: 1, waiting_max: 0, wait_ms: 0 });
    const failing = behind(gate, () => Promise.reject(new Error("as it is")));
    await expect(failing()).rejects.toThrow("as it is");
    await expect(failing()).rejects.toThrow("as it is");
    const nested = behind(
      gate,
      behind(gate, () => Promise.resolve({ outcome: "done" })),
    );
    expect(await nested()).toEqual({ outcome: "busy" });
  });
});
