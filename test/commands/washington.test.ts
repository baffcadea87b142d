import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, openWorld, type World } from "../support/world.ts";
import { asksIn, balanceOf, newestClaim, type Asks } from "./texting.ts";

describe("in Washington, by text alone and in Spanish", () => {
  let world: World;
  let asks: Asks;
  beforeAll(async () => {
    world = await openWorld({ community: "dc-bread-for-the-city" });
    asks = asksIn(world);
  });
  afterAll(() => world.close());

  test("Rosa claims, James confirms, and no text names a sensitive deed (R6)", async () => {
    expect(await asks("Rosa Hernandez", "ganar")).toMatch(/^Mande REPORTE y una palabra: 1 LITER/);
    for (const deed of ["REPORTE HEALTH", "reporte mentor 3", "CLAIM grocery"]) {
      const answer = await asks("Rosa Hernandez", deed);
      expect(answer).toMatch(/^Reporte \w{4} enviado: (20|36|15) SoCC/);
      const code = await newestClaim(world);
      expect(await asks("James Whitfield", `OK ${code} 4826`)).toMatch(/Confirmed: claims 1/);
    }
    expect(await balanceOf(world, "Rosa Hernandez")).toBe(71);
    for (const name of ["Rosa Hernandez", "James Whitfield"])
      expect(world.phoneOf(name).inbox().join("\n")).not.toMatch(/Chequeo|screening/);
  });

  test("a deed counts once in ninety days, and a number not within its range is not taken", async () => {
    expect(await asks("Rosa Hernandez", "REPORTE HEALTH")).toMatch(/cuenta 1 veces en 90 dias/);
    expect(await asks("Rosa Hernandez", "REPORTE MENTOR 7")).toMatch(/^MENTOR: de 1 a 6\./);
  });

  test("she orders, collects, and the vendor, who takes no cash, spends what they took", async () => {
    expect(await asks("Rosa Hernandez", "CANJE DIAPERS 3691")).toMatch(
      /^Panales en Corner Market: 48 SoCC apartados/,
    );
    const { code, key } = await eventually(() => {
      const text = world.phoneOf("Rosa Hernandez").inbox().join("\n");
      const [, code, key] = /Codigo (\d{6})\. Llave (\d{5})/.exec(text) ?? [];
      if (code === undefined || key === undefined) throw new Error("no code yet");
      return { code, key };
    });
    expect(await asks("Corner Market", `DONE ${code} ${key}`)).toMatch(
      /^S\w{7} Rosa Hernandez has Diapers: you took 48 SoCC/,
    );
    expect(await asks("Corner Market", "CASHOUT 10 6284")).toMatch(/^By your agreement/);
    const asked = await asks("Corner Market", "SEND (202) 555-0101 8 6284");
    const [, word = ""] = /^8 SoCC to Denise Carter .* SEND (\w{4})/.exec(asked) ?? [];
    expect(await asks("Corner Market", `SEND ${word}`)).toMatch(
      /Sent 8 SoCC from Corner Market to Denise Carter/,
    );
    expect(await balanceOf(world, "Corner Market")).toBe(40);
    expect(await world.verifyBooks()).toMatchObject({ ok: true });
  });
});
