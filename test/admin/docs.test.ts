import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { operationsOf } from "../support/openapi.ts";
import { admin_key, openWorld, type World } from "../support/world.ts";

interface Told {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly responses: Readonly<Record<string, object>> };
}

interface Operation {
  readonly responses: Readonly<Record<string, { headers?: object; content?: object }>>;
}

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

  test("tells what every route may answer beside its own, and what is sent with it", async () => {
    const document = (await get("/admin/v1/openapi.json")).json<Told>();
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(methods)) {
        const [good = "", ...others] = Object.keys(responses);
        expect([path, good, ...others]).toEqual([
          ...[path, expect.stringMatching(/^20[01]$/) as string],
          ...["429", "500", "503", "4XX"],
        ]);
        const sent = Object.keys(responses[good]?.headers ?? {});
        const is_json = "application/json" in (responses[good]?.content ?? {});
        expect([path, sent.includes("ETag")]).toEqual([path, is_json]);
        expect([path, sent.includes("Idempotency-Replayed")]).toEqual([path, method !== "get"]);
      }
    const { TooMany, Away } = document.components.responses;
    for (const one of [TooMany, Away]) expect(one).toHaveProperty(["headers", "Retry-After"]);
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)];
    for (const [, reference = ""] of references)
      expect(document).toHaveProperty(reference.split("/"));
    const asked = await world.service.app.inject({
      url: "/admin/v1/communities",
      headers: { authorization: `Bearer ${admin_key}` },
    });
    expect(asked.headers["etag"]).toMatch(/^"[\w-]{22}"$/);
  });

  test("If-Match is told of wherever it is heeded", async () => {
    const heeding = (await operationsOf(world))
      .filter(({ parameters }) => parameters.some(({ name }) => name === "if-match"))
      .map(({ method, path }) => `${method} ${path.replace("/admin/v1/communities/", "")}`);
    expect(heeding.sort()).toEqual([
      "PATCH {community}",
      "PATCH {community}/members/{id}",
      "POST {community}/disputes/{id}/decide",
    ]);
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
