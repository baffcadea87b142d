import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operationsOf } from "../support/openapi.ts";
import { openWorld, type World } from "../support/world.ts";

describe("the page that describes the admin API", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const get = (url: string) => world.service.app.inject({ url });

  test("shows every route of the document, each with what it does", async () => {
    const { body, statusCode } = await get("/admin/docs");
    expect(statusCode).toBe(200);
    const shown = body.replaceAll("<wbr>", "");
    for (const { method, path } of await operationsOf(world)) {
      expect(shown).toContain(`>${method}</span>\n<code>${path}</code>`);
    }
    expect(shown).toContain("Marks a cash-out as paid");
    const links = [...body.matchAll(/href="#([\w-]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(20);
    for (const id of links) expect(body).toContain(`id="${id!}"`);
  });

  test("needs nothing from elsewhere, and may run nothing", async () => {
    const { body, headers } = await get("/admin/docs");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; style-src 'self'/);
    expect(body).not.toMatch(/<script|<style| style=|https?:|javascript:/);
    const css = await get("/admin/docs.css");
    expect(css.headers["content-type"]).toContain("text/css");
    expect(css.body).not.toMatch(/url\(|@import/);
  });

  test("the document is OpenAPI 3.1 and describes itself whole", async () => {
    const document = (await get("/admin/v1/openapi.json")).body;
    const { openapi, components } = JSON.parse(document) as {
      openapi: string;
      components: { schemas: Record<string, object> };
    };
    expect(openapi).toBe("3.1.0");
    const named = [...document.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
      ([, name]) => name,
    );
    expect([...new Set(named)].sort()).toEqual(Object.keys(components.schemas).sort());
  });
});
