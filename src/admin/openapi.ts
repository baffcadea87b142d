import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from "fastify-type-provider-zod";

import { withCommonAnswers, type Document } from "./openapi-answers.ts";

type Described = ReturnType<typeof jsonSchemaTransformObject>;

/**
 * Every schema is described as it is read and as it is answered; only one of them is used, and those
 * that only an unused one names are unused as well.
 */
function withoutUnused(document: Described): Described {
  if (!("components" in document)) return document;
  const told = JSON.stringify(document);
  const all = Object.entries(document.components.schemas ?? {});
  const used = all.filter(([name]) => told.includes(`"#/components/schemas/${name}"`));
  if (used.length === all.length) return document;
  const components = { ...document.components, schemas: Object.fromEntries(used) };
  return withoutUnused({ ...document, components } as Described);
}

/** Reads and describes every route from its zod schemas, and from nothing else. */
export async function describeRoutes(app: FastifyInstance): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "SoCCs by phone: admin API",
        version: "1",
        description:
          "Partners and the overseer run the programme here. Every error is a problem document " +
          "(RFC 9457). Lists are paged by cursor. Writes take an Idempotency-Key.",
      },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    // Its types allow all of OpenAPI; what is written is what zod writes.
    transformObject: (document) =>
      withCommonAnswers(
        withoutUnused(jsonSchemaTransformObject(document)) as unknown as Document,
      ) as unknown as Described,
  });
}
